import type { Database, RowIdentity, Transaction } from '../../kernel/db/index.ts';
import {
  type Purchase,
  purchaseColumns,
  purchaseOf,
  type PurchaseRow,
  truthColumns,
  truthValues,
} from './purchase-row.ts';
import type { PurchaseState } from './state.ts';
import type { ProviderName, PurchaseTruth } from './truth.ts';

/** What is kept of a change, beside the state before and after. */
export interface HistoryEntry {
  purchaseId: string;
  source: string;
  reference: string | null;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState;
  changes: Readonly<Record<string, unknown>>;
}

/** What is computed of a truth when it is stored. */
export interface Told {
  state: PurchaseState;
  changesAt: Date | null;
}

/** A purchase that time has changed. */
export interface Due {
  purchase: Purchase;
  told: Told;
}

export type BillingRepository = ReturnType<typeof createBillingRepository>;

const uuidPattern = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';

/** Of a look-up that somebody waits for. */
const withinMs = 2_000;

const parameters = (from: number, columns: readonly string[]) =>
  columns.map((_, index) => `$${index + from}`).join(', ');

/** An account that is gone owns nothing any more, and what a provider was given for an id may be anything. */
const userIfThere = (parameter: string) =>
  `(select users.id from auth.users
    where users.id = case when ${parameter}::text ~* '${uuidPattern}' then ${parameter}::text::uuid end)`;

const insert = `
  insert into billing.purchases
    (provider, key, user_id, observed_at, version, told_state, changes_at, ${truthColumns.join(', ')})
  values ($1, $2, coalesce(${userIfThere('$3')}, ${userIfThere('$4')}), $5, $6, $7, $8,
    ${parameters(9, truthColumns)})
  on conflict (provider, key) do nothing
  returning ${purchaseColumns}`;

/** Who has it, unless it is free for whom the provider names; then whom the provider names, and then who presents it. */
const owner = `coalesce(case when not $4 then user_id end, ${userIfThere('$2')}, user_id, ${userIfThere('$3')})`;

const update = `
  update billing.purchases set
    user_id = ${owner}, observed_at = $6, version = $7, told_state = $8, changes_at = $9,
    changed_at = case when $5 or user_id is distinct from ${owner} then now() else changed_at end,
    (${truthColumns.join(', ')}) = row (${parameters(10, truthColumns)})
  where id = $1
  returning user_id as "userId"`;

const tellDue = `
  with told as (
    select * from unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])
      as t (id, before, after, changes_at)
  ), updated as (
    update billing.purchases as p
    set told_state = told.after, changes_at = told.changes_at, changed_at = now()
    from told where p.id = told.id
  )
  insert into billing.purchase_history (purchase_id, source, state_before, state_after, changes)
  select id, 'time', before, after, '{}' from told where before <> after`;

/**
 * The tables are the server's own: its login role writes them, in whoever's transaction that is. Users read what row-level
 * security shows them.
 */
export function createBillingRepository(db: Database) {
  return {
    /** The new purchase, or undefined where there is one of the key. It is whose the truth says, and otherwise the claimant's. */
    async insert(
      tx: Transaction,
      truth: PurchaseTruth,
      told: Told,
      claimantId: string | null,
    ): Promise<Purchase | undefined> {
      const { rows } = await tx.queryAsLogin<PurchaseRow>(insert, [
        truth.provider,
        truth.key,
        truth.userId,
        claimantId,
        truth.observedAt,
        truth.version,
        told.state,
        told.changesAt,
        ...truthValues(truth),
      ]);
      return rows[0] && purchaseOf(rows[0]);
    },

    /** Waits for whoever changes it now, and keeps others waiting until the end of the transaction. */
    async lock(
      tx: Transaction,
      provider: ProviderName,
      key: string,
    ): Promise<Purchase | undefined> {
      const { rows } = await tx.queryAsLogin<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases where provider = $1 and key = $2 for update`,
        [provider, key],
      );
      return rows[0] && purchaseOf(rows[0]);
    },

    /**
     * Of a locked purchase. Resolves with whose it is now. `isNew`: more than the time of the look differs; `isFree`: whom the
     * truth names has it, also where it is somebody's.
     */
    async update(
      tx: Transaction,
      id: string,
      truth: PurchaseTruth,
      about: { told: Told; claimantId: string | null; isNew: boolean; isFree: boolean },
    ): Promise<string | null> {
      const { rows } = await tx.queryAsLogin<{ userId: string | null }>(update, [
        id,
        truth.userId,
        about.claimantId,
        about.isFree,
        about.isNew,
        truth.observedAt,
        truth.version,
        about.told.state,
        about.told.changesAt,
        ...truthValues(truth),
      ]);
      return rows[0]?.userId ?? null;
    },

    async addHistory(tx: Transaction, entry: HistoryEntry): Promise<void> {
      await tx.queryAsLogin(
        `insert into billing.purchase_history
           (purchase_id, source, reference, state_before, state_after, changes)
         values ($1, $2, $3, $4, $5, $6)`,
        [
          entry.purchaseId,
          entry.source,
          entry.reference,
          entry.stateBefore,
          entry.stateAfter,
          JSON.stringify(entry.changes),
        ],
      );
    },

    /**
     * Of one round trip, by itself: no other writing waits for it. False where there is no such account.
     */
    async addFraudSignal(
      purchase: Pick<Purchase, 'id' | 'userId'>,
      claimantId: string,
      source: string,
    ): Promise<boolean> {
      const { rowCount } = await db.statement(
        `insert into billing.fraud_signals (purchase_id, claimant_id, owner_id, source)
         select $1, users.id, $3, $4 from auth.users where users.id = ${userIfThere('$2')}
         on conflict (purchase_id, claimant_id) do update
         set times = fraud_signals.times + 1, last_at = now(), owner_id = excluded.owner_id,
             source = excluded.source`,
        [purchase.id, claimantId, purchase.userId, source],
        withinMs,
      );
      return rowCount > 0;
    },

    /** As the login role: those whose state is another one by now, locked; what another process has locked is left to it. */
    async lockDue(tx: Transaction, now: Date, limit: number): Promise<Purchase[]> {
      const { rows } = await tx.query<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases where changes_at <= $1
         order by changes_at limit $2 for update skip locked`,
        [now, limit],
      );
      return rows.map(purchaseOf);
    },

    /** What time has changed, all in one statement; the history has those whose state is another one. */
    async tell(tx: Transaction, due: readonly Due[]): Promise<void> {
      await tx.query(tellDue, [
        due.map(({ purchase }) => purchase.id),
        due.map(({ purchase }) => purchase.toldState),
        due.map(({ told }) => told.state),
        due.map(({ told }) => told.changesAt),
      ]);
    },

    /** The next moment at which one of them changes by time alone. */
    async nextDue(): Promise<Date | null> {
      const { rows } = await db.statement<{ next: Date | null }>(
        'select min(changes_at) as next from billing.purchases where changes_at is not null',
        [],
        withinMs,
      );
      return rows[0]?.next ?? null;
    },

    async ofUser(userId: string): Promise<Purchase[]> {
      const { rows } = await db.statement<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases where user_id = $1 order by created_at, id`,
        [userId],
        withinMs,
      );
      return rows.map(purchaseOf);
    },

    /** Users who have bought something, after this one in the order of their ids. */
    async buyers(after: string | null, limit: number): Promise<string[]> {
      const { rows } = await db.asLogin(
        (tx) =>
          tx.query<{ userId: string }>(
            `select distinct user_id as "userId" from billing.purchases
             where user_id is not null and ($1::uuid is null or user_id > $1)
             order by user_id limit $2`,
            [after, limit],
          ),
        { readOnly: true },
      );
      return rows.map(({ userId }) => userId);
    },

    /** The caller's own, as row-level security shows them. */
    async ofCaller(caller: RowIdentity, signal: AbortSignal): Promise<Purchase[]> {
      const { rows } = await db.readAsCaller<PurchaseRow>(
        caller,
        `select ${purchaseColumns} from billing.purchases where user_id = (select auth.uid())
         order by created_at, id`,
        [],
        { signal },
      );
      return rows.map(purchaseOf);
    },
  };
}
