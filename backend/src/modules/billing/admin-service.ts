import { notFound } from '../../kernel/errors/index.ts';
import type { AdminRepository, Person, PurchaseFilter } from './admin-repository.ts';
import { type Rules, standingOf } from './entitled.ts';
import { namedProduct, type Products } from './products.ts';
import type { Purchase } from './purchase-row.ts';
import type { BillingService } from './service.ts';

export type BillingAdmin = ReturnType<typeof createBillingAdmin>;

/** Signals shown beside one user or one purchase. */
const mostSignals = 50;

/** What operators are shown of purchases. Nothing here changes anything. */
export function createBillingAdmin({
  repository,
  billing,
  products,
  rules,
}: {
  repository: AdminRepository;
  billing: Pick<BillingService, 'viewOf'>;
  products: Products;
  rules: Rules;
}) {
  const standing = (purchase: Purchase) => standingOf(purchase, products, rules, new Date());
  const peopleOf = (ids: readonly (string | null)[]) =>
    repository.people([...new Set(ids.filter((id) => id !== null))]);

  async function signalsOf(filter: Parameters<AdminRepository['fraudSignals']>[0]) {
    const { rows, next } = await repository.fraudSignals(filter);
    const people = await peopleOf(rows.flatMap(({ claimantId, ownerId }) => [claimantId, ownerId]));
    const signals = rows.map(({ claimantId, ownerId, ...signal }) => ({
      ...signal,
      product: namedProduct(products.sold(signal.provider, signal.productId)),
      claimant: named(people, claimantId),
      owner: named(people, ownerId),
    }));
    return { signals, next };
  }

  return {
    signals: (page: { limit: number; cursor?: string }) => signalsOf(page),

    customers: (search: string) => repository.customers(search),

    /** Everything about one user. Rejects with NOT_FOUND where there is no such account. */
    async customer(userId: string) {
      const [person, accounts, view, { signals }] = await Promise.all([
        repository.person(userId),
        repository.accounts(userId),
        billing.viewOf(userId),
        signalsOf({ userId, limit: mostSignals }),
      ]);
      if (!person) throw notFound('No such account.');
      return { user: person, accounts, view, signals };
    },

    /** Newest first. */
    async purchases(filter: PurchaseFilter) {
      const { rows, next } = await repository.purchases(filter);
      const people = await peopleOf(rows.map(({ userId }) => userId));
      return {
        purchases: rows.map((row) => ({ ...standing(row), user: named(people, row.userId) })),
        next,
      };
    },

    /** Rejects with NOT_FOUND. */
    async purchase(id: string) {
      const purchase = await repository.purchase(id);
      if (!purchase) throw notFound('No such purchase.');
      const [people, history, { signals }] = await Promise.all([
        peopleOf([purchase.userId]),
        repository.history(id),
        signalsOf({ purchaseId: id, limit: mostSignals }),
      ]);
      const user = named(people, purchase.userId);
      return { purchase: { ...standing(purchase), user }, history, signals };
    },
  };
}

const named = (people: ReadonlyMap<string, Person>, id: string | null): Person | null =>
  id === null ? null : (people.get(id) ?? { id, email: null });
