import type { Database } from '../../kernel/db/index.ts';
import { validationFailed } from '../../kernel/errors/index.ts';
import { type Purchase, purchaseColumns, purchaseOf, type PurchaseRow } from './purchase-row.ts';
import type { PurchaseState } from './state.ts';
import type { ProviderName } from './truth.ts';

/** Who an id belongs to, where the account is still there. */
export interface Person {
  id: string;
  email: string | null;
}

export interface CustomerAccount {
  provider: ProviderName;
  customerId: string;
  createdAt: Date;
}

export interface PurchaseFilter {
  provider?: ProviderName;
  /** As it was last told. */
  state?: PurchaseState;
  environment?: 'production' | 'sandbox';
  /** The id of a user, or their whole email address; the key or product of a purchase; the id of a customer. */
  search?: string;
  limit: number;
  /** `next` of the page before. */
  cursor?: string;
}

export interface HistoryRow {
  id: string;
  at: Date;
  source: string;
  reference: string | null;
  stateBefore: PurchaseState | null;
  stateAfter: PurchaseState;
  changes: Record<string, unknown>;
}

export interface FraudSignal {
  purchaseId: string;
  provider: ProviderName;
  productId: string;
  claimantId: string;
  ownerId: string | null;
  source: string;
  times: number;
  firstAt: Date;
  lastAt: Date;
}

export interface Page<T> {
  rows: T[];
  next: string | null;
}

export type AdminRepository = ReturnType<typeof createAdminRepository>;

/** Entries of one purchase's history that are shown, the newest. */
const mostHistory = 200;

const mostFound = 20;

const ofSearch = `($4::text is null or p.key = $4 or p.product_id = $4 or p.user_id::text = $4
  or p.user_id in (select id from auth.users where lower(email) = lower($4))
  or p.user_id in (select user_id from billing.customers where customer_id = $4))`;

/** A moment as cursors have it. */
export const place = (column: string) => `extract(epoch from ${column})::text as place`;

/** What operators read; the tables are the server's own, so its login role does. */
export function createAdminRepository(db: Database) {
  const read = async <R>(sql: string, values: readonly unknown[]): Promise<R[]> =>
    (await db.asLogin((tx) => tx.query<R>(sql, values), { readOnly: true })).rows;

  return {
    async purchases({ provider, state, environment, search, limit, cursor }: PurchaseFilter) {
      const [at, id] = placeOf(cursor);
      const rows = await read<PurchaseRow & { place: string }>(
        `select ${purchaseColumns}, ${place('created_at')} from billing.purchases p
         where ($1::text is null or p.provider = $1) and ($2::text is null or p.told_state = $2)
           and ($3::text is null or p.environment = $3) and ${ofSearch}
           and ($5::numeric is null or (p.created_at, p.id) < (to_timestamp($5), $6::uuid))
         order by p.created_at desc, p.id desc limit $7`,
        [provider, state, environment, search, at, id, limit + 1],
      );
      return pageOf(rows, limit, ({ place: _, ...row }) => purchaseOf(row));
    },

    async purchase(id: string): Promise<Purchase | undefined> {
      const [row] = await read<PurchaseRow>(
        `select ${purchaseColumns} from billing.purchases where id = $1`,
        [id],
      );
      return row && purchaseOf(row);
    },

    /** Newest first. */
    history: (purchaseId: string) =>
      read<HistoryRow>(
        `select id::text, at, source, reference, state_before as "stateBefore",
           state_after as "stateAfter", changes
         from billing.purchase_history entry where purchase_id = $1
         order by entry.id desc limit ${mostHistory}`,
        [purchaseId],
      ),

    /** By all of an id, an email address, a customer's id, or a purchase's key. */
    customers: (search: string) =>
      read<Person>(
        `select id, email from auth.users where id::text = $1 or lower(email) = lower($1)
           or id in (select user_id from billing.customers where customer_id = $1)
           or id in (select user_id from billing.purchases where key = $1)
         order by id limit ${mostFound}`,
        [search],
      ),

    async person(userId: string): Promise<Person | undefined> {
      const [row] = await read<Person>('select id, email from auth.users where id = $1', [userId]);
      return row;
    },

    /** Whoever of them is still there. */
    async people(ids: readonly string[]): Promise<Map<string, Person>> {
      if (ids.length === 0) return new Map();
      const rows = await read<Person>(
        'select id, email from auth.users where id = any($1::uuid[])',
        [ids],
      );
      return new Map(rows.map((row) => [row.id, row]));
    },

    accounts: (userId: string) =>
      read<CustomerAccount>(
        `select provider, customer_id as "customerId", created_at as "createdAt"
         from billing.customers where user_id = $1 order by provider`,
        [userId],
      ),

    /** Last seen first. Of a purchase, of a user on either side, or all. */
    async fraudSignals(filter: {
      purchaseId?: string;
      userId?: string;
      limit: number;
      cursor?: string;
    }): Promise<Page<FraudSignal>> {
      const [at, id] = placeOf(filter.cursor);
      const rows = await read<FraudSignal & { place: string; id: string }>(
        `select f.purchase_id as "purchaseId", f.purchase_id as id, p.provider,
           p.product_id as "productId", f.claimant_id as "claimantId", f.owner_id as "ownerId",
           f.source, f.times, f.first_at as "firstAt", f.last_at as "lastAt", ${place('f.last_at')}
         from billing.fraud_signals f join billing.purchases p on p.id = f.purchase_id
         where ($1::uuid is null or f.purchase_id = $1)
           and ($2::uuid is null or f.claimant_id = $2 or f.owner_id = $2)
           and ($3::numeric is null or (f.last_at, f.purchase_id) < (to_timestamp($3), $4::uuid))
         order by f.last_at desc, f.purchase_id desc limit $5`,
        [filter.purchaseId, filter.userId, at, id, filter.limit + 1],
      );
      return pageOf(rows, filter.limit, ({ place: _place, id: _id, ...signal }) => signal);
    },
  };
}

/** Of rows with one more than the page has. */
export function pageOf<R extends { place: string; id: string }, T>(
  rows: readonly R[],
  limit: number,
  shown: (row: R) => T,
): Page<T> {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    rows: page.map(shown),
    next: rows.length > limit && last ? `${last.place}~${last.id}` : null,
  };
}

export function placeOf(cursor: string | undefined): [string, string] | [null, null] {
  if (cursor === undefined) return [null, null];
  const [at = '', id = ''] = cursor.split('~');
  if (!/^\d+(\.\d+)?$/.test(at) || !/^[0-9a-f-]{36}$/.test(id))
    throw validationFailed([{ field: 'cursor', reason: 'is not one of ours' }]);
  return [at, id];
}
