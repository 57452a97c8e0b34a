import type { Delivery } from './deliveries.ts';

/** How a person drives a provider that sells, from the console: all of them in the same words. */
export interface Driver {
  /** What can be bought. */
  readonly products: readonly string[];
  /** What can be done to a purchase; beside it there are `buy`, `clock`, `webhook` and `redeliver`. */
  readonly commands: readonly string[];
  /** Milliseconds since 1970, by its own clock. */
  now(): number;
  /** Newest first. */
  purchases(): readonly DrivenPurchase[];
  deliveries(): readonly Delivery[];
}

export interface DrivenPurchase {
  id: string;
  product: string;
  /** In the provider's words. */
  status: string;
  userId: string | null;
  endsAt: Date | null;
}

/** A command's body with the provider's own names for `purchase` and `product`. */
export function inOwnWords(
  body: unknown,
  words: { purchase: string; product: string },
): Record<string, unknown> {
  const { purchase, product, ...rest } = (body ?? {}) as Record<string, unknown>;
  return {
    ...rest,
    ...(purchase === undefined ? {} : { [words.purchase]: purchase }),
    ...(product === undefined ? {} : { [words.product]: product }),
  };
}

const most = 50;

/** What the control API says of one. */
export const drivenState = (name: string, title: string, driver: Driver) => ({
  name,
  title,
  products: driver.products,
  commands: driver.commands,
  now: new Date(driver.now()),
  purchases: driver.purchases().slice(0, most),
  deliveries: driver.deliveries().slice(-most).reverse(),
});
