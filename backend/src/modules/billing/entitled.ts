import type { EntitlementsNow } from '../../kernel/entitlements/index.ts';
import type { Product, Products } from './products.ts';
import type { Purchase } from './purchase-row.ts';
import {
  accessEndsAt,
  grants,
  nextChangeAfter,
  type PurchaseState,
  renews,
  stateAt,
} from './state.ts';

/** How purchases become entitlements. */
export interface Rules {
  /** How long what renews stays usable after its period while nobody has told of the renewal. */
  renewalLeewayMs: number;
  /** Whether a purchase made in a provider's sandbox gives anything. Never in production. */
  sandboxGrants: boolean;
}

/** A purchase at a moment. */
export interface Standing {
  purchase: Purchase;
  /** Undefined where nothing of that name is sold any more, or not yet. */
  product: Product | undefined;
  state: PurchaseState;
  grants: boolean;
  /** When it cannot be used any more unless something happens, as the provider has it: without leeway. */
  until: Date | null;
  renews: boolean;
}

/** An entitlement and the purchase that it comes from. */
export interface Entitled {
  name: string;
  by: Standing;
}

export interface View {
  at: Date;
  standings: readonly Standing[];
  /** One a name, in the order of names. */
  entitled: readonly Entitled[];
}

/** What a user's purchases give at a moment. */
export function viewAt(
  purchases: readonly Purchase[],
  { products, rules }: { products: Products; rules: Rules },
  at: Date,
): View {
  const standings = purchases.map((purchase) => standingOf(purchase, products, rules, at));
  const best = new Map<string, Standing>();
  for (const standing of standings)
    for (const name of standing.grants ? (standing.product?.entitlements ?? []) : []) {
      const other = best.get(name);
      if (other === undefined || isBetter(standing, other)) best.set(name, standing);
    }
  const entitled = [...best].map(([name, by]) => ({ name, by }));
  entitled.sort((one, other) => (one.name < other.name ? -1 : 1));
  return { at, standings, entitled };
}

/** One purchase at a moment. */
export function standingOf(
  purchase: Purchase,
  products: Products,
  rules: Rules,
  at: Date,
): Standing {
  const state = stateAt(purchase, at, rules.renewalLeewayMs);
  const product = products.sold(purchase.provider, purchase.productId);
  const counts = purchase.environment === 'production' || rules.sandboxGrants;
  return {
    purchase,
    product,
    state,
    grants: grants(state) && counts && product !== undefined,
    until: purchase.graceEndsAt ?? purchase.periodEndsAt,
    renews: renews(purchase) && state === 'active',
  };
}

/** What goes on by itself before what ends, then what ends later, then what was bought first. */
function isBetter(one: Standing, other: Standing): boolean {
  const rank = [lasts(one) - lasts(other), endOf(one) - endOf(other)].find((by) => by !== 0);
  return rank === undefined ? one.purchase.startedAt < other.purchase.startedAt : rank > 0;
}

const lasts = ({ state, renews: renewing, until }: Standing): number =>
  Number(state === 'active' && (renewing || until === null));
/** Far beyond all dates, and still a number that can be subtracted. */
const endOf = ({ until }: Standing): number => until?.getTime() ?? Number.MAX_SAFE_INTEGER;

/** The same for the kernel's port. What several purchases give lasts as long as the last of them. */
export function entitlementsNow(view: View, { renewalLeewayMs }: Rules): EntitlementsNow {
  const { at } = view;
  const ends = new Map<string, Date | null>();
  for (const standing of view.standings)
    for (const name of standing.grants ? (standing.product?.entitlements ?? []) : []) {
      const end = accessEndsAt(standing.purchase, at, renewalLeewayMs);
      const known = ends.get(name);
      ends.set(name, known === undefined || end === null || (known && end > known) ? end : known);
    }
  const changes = view.standings.flatMap(
    ({ purchase }) => nextChangeAfter(purchase, at, renewalLeewayMs) ?? [],
  );
  changes.sort((one, other) => one.getTime() - other.getTime());
  return {
    entitlements: view.entitled.map(({ name }) => ({ name, until: ends.get(name) ?? null })),
    changesAt: changes[0] ?? null,
  };
}
