import type { Database, Transaction } from '../../../kernel/db/index.ts';
import type { BillingProvider } from '../provider.ts';
import {
  endedDaysAgo,
  type Purchase,
  purchaseColumns,
  purchaseOf,
  type PurchaseRow,
} from '../purchase-row.ts';
import type { ProviderName } from '../truth.ts';

/** A user's account with a provider, asked for what we do not know. */
export interface Account {
  userId: string;
  customerId: string;
}

/** What a run looks at: a purchase that we know, or an account. */
export type Item =
  | { kind: 'purchase'; id: string; purchase: Purchase; tries: number }
  | { kind: 'account'; id: string; account: Account; tries: number };

export interface Leftover {
  kind: Item['kind'];
  item: string;
  tries: number;
  errorCode: string;
}

/** Who is asked, and for how long after its end about a subscription. */
export type Asked = Pick<BillingProvider, 'name' | 'remembersDays'>;

export type WorkRepository = ReturnType<typeof createWorkRepository>;

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const ofPurchase =
  (tries = 0) =>
  (row: PurchaseRow): Item => ({
    kind: 'purchase',
    id: row.id,
    purchase: purchaseOf(row),
    tries,
  });
const ofAccount =
  (tries = 0) =>
  (account: Account): Item => ({ kind: 'account', id: account.userId, account, tries });

const accountColumns = 'user_id as "userId", customer_id as "customerId"';

/** What there is to look at, in portions by key, and what could not be looked at. */
export function createWorkRepository(db: Database) {
  const read = async <R>(sql: string, values: readonly unknown[]): Promise<R[]> =>
    (await db.asLogin((tx) => tx.query<R>(sql, values), { readOnly: true })).rows;

  return {
    async purchases(
      { name, remembersDays }: Asked,
      after: string | null,
      limit: number,
    ): Promise<Item[]> {
      const rows = await read<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases
         where provider = $1 and ($2::uuid is null or id > $2)
           and (${endedDaysAgo('$4::integer')}) is not true
         order by id limit $3`,
        [name, after, limit, remembersDays],
      );
      return rows.map(ofPurchase());
    },

    async accounts(provider: ProviderName, after: string | null, limit: number): Promise<Item[]> {
      const rows = await read<Account>(
        `select ${accountColumns} from billing.customers
         where provider = $1 and ($2::uuid is null or user_id > $2) order by user_id limit $3`,
        [provider, after, limit],
      );
      return rows.map(ofAccount());
    },

    /** What could not be looked at so far, what was tried least first; all of one number of tries. */
    async leftovers(
      runId: string,
      provider: ProviderName,
      { mostTries, limit }: { mostTries: number; limit: number },
    ): Promise<Item[]> {
      const left = await read<Leftover>(
        `select kind, item, tries from billing.reconciliation_leftovers
         where run_id = $1 and tries < $2 order by tries, kind, item limit $3`,
        [runId, mostTries, limit],
      );
      const tries = left[0]?.tries ?? 0;
      const now = left.filter((each) => each.tries === tries);
      const idsOf = (kind: Item['kind']) =>
        now.filter((each) => each.kind === kind).map(({ item }) => item);
      const [purchases, accounts] = await Promise.all([
        read<PurchaseRow>(
          `select ${purchaseColumns} from billing.purchases where id = any($1::uuid[]) order by id`,
          [idsOf('purchase')],
        ),
        read<Account>(
          `select ${accountColumns} from billing.customers
           where provider = $2 and user_id = any($1::uuid[]) order by user_id`,
          [idsOf('account'), provider],
        ),
      ]);
      return [...purchases.map(ofPurchase(tries)), ...accounts.map(ofAccount(tries))];
    },

    listLeftovers: (runId: string): Promise<Leftover[]> =>
      read<Leftover>(
        `select kind, item, tries, error_code as "errorCode" from billing.reconciliation_leftovers
         where run_id = $1 order by kind, item limit 200`,
        [runId],
      ),

    /** Of one user, of all providers that are given. */
    async ofUser(userId: string, asked: readonly Asked[]) {
      const providers = asked.map(({ name }) => name);
      const purchases = await read<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases
         join unnest($2::text[], $3::integer[]) as asked (name, days) on asked.name = provider
         where user_id = $1 and (${endedDaysAgo('asked.days')}) is not true order by id limit 200`,
        [userId, providers, asked.map(({ remembersDays = null }) => remembersDays)],
      );
      const accounts = await read<Account & { provider: ProviderName }>(
        `select ${accountColumns}, provider from billing.customers
         where user_id = $1 and provider = any($2)`,
        [userId, providers],
      );
      return { purchases: purchases.map(purchaseOf), accounts };
    },

    async isThere(userId: string): Promise<boolean> {
      return (await this.usersThere([userId])).has(userId);
    },

    /** Those of them that have an account here. What a provider was given for an id may be anything. */
    async usersThere(ids: readonly string[]): Promise<ReadonlySet<string>> {
      const asked = ids.filter((id) => uuid.test(id));
      if (asked.length === 0) return new Set();
      const rows = await read<{ id: string }>(
        'select id from auth.users where id = any($1::uuid[])',
        [asked],
      );
      return new Set(rows.map(({ id }) => id));
    },

    /** Those of the keys that are nobody’s here: not known, or known without an owner. */
    async unownedKeys(provider: ProviderName, keys: readonly string[]): Promise<string[]> {
      const known = await read<{ key: string }>(
        `select key from billing.purchases
         where provider = $1 and key = any($2) and user_id is not null`,
        [provider, keys],
      );
      const names = new Set(known.map(({ key }) => key));
      return keys.filter((key) => !names.has(key));
    },

    async leave(tx: Transaction, runId: string, item: Item, errorCode: string): Promise<void> {
      await tx.queryAsLogin(
        `insert into billing.reconciliation_leftovers as old (run_id, kind, item, error_code)
         values ($1, $2, $3, $4)
         on conflict (run_id, kind, item) do update
         set tries = old.tries + 1, error_code = excluded.error_code`,
        [runId, item.kind, item.id, errorCode],
      );
    },

    /** They have been looked at after all, or are gone. */
    async settled(tx: Transaction, runId: string, ids: readonly string[]): Promise<void> {
      await tx.queryAsLogin(
        'delete from billing.reconciliation_leftovers where run_id = $1 and item = any($2::uuid[])',
        [runId, ids],
      );
    },
  };
}
