import type {
  Customer,
  Drift,
  FraudSignal,
  PurchaseDetails,
  Purchase,
  PurchaseFilter,
  Reconciliation,
  Seller,
} from './billing-types.ts';
import type { Query } from './request.ts';
import type { Person } from './types.ts';

interface Asking {
  get: <T>(path: string, signal?: AbortSignal, query?: Query) => Promise<T>;
  change: <T>(method: 'POST', path: string, body: unknown) => Promise<T>;
}

/** The part of the admin API that is there where billing is. */
export const billingApi = ({ get, change }: Asking) => ({
  customers: async (search: string, signal?: AbortSignal) =>
    (await get<{ users: Person[] }>('billing/customers', signal, { search })).users,
  customer: (id: string, signal?: AbortSignal) =>
    get<Customer>(`billing/customers/${encodeURIComponent(id)}`, signal),
  purchases: (filter: PurchaseFilter, cursor: string | undefined, signal?: AbortSignal) =>
    get<{ purchases: Purchase[]; next: string | null }>('billing/purchases', signal, {
      ...filter,
      cursor,
    }),
  purchase: (id: string, signal?: AbortSignal) =>
    get<PurchaseDetails>(`billing/purchases/${encodeURIComponent(id)}`, signal),
  fraudSignals: (cursor: string | undefined, signal?: AbortSignal) =>
    get<{ signals: FraudSignal[]; next: string | null }>('billing/fraud-signals', signal, {
      cursor,
    }),
  reconciliations: async (signal?: AbortSignal) =>
    (await get<{ runs: Reconciliation[] }>('billing/reconciliations', signal, { limit: 10 })).runs,
  drift: (cursor: string | undefined, signal?: AbortSignal) =>
    get<{ entries: Drift[]; next: string | null }>('billing/drift', signal, { cursor }),
  reconcile: async (provider?: Seller) =>
    (
      await change<{ runs: { run: Reconciliation; isNew: boolean }[] }>(
        'POST',
        'billing/reconciliations',
        provider === undefined ? {} : { provider },
      )
    ).runs,
  reconcileUser: async (userId: string) =>
    (
      await change<{ run: Reconciliation }>(
        'POST',
        `billing/customers/${encodeURIComponent(userId)}/reconcile`,
        undefined,
      )
    ).run,
});
