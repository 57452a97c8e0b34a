import { isEntitlementName } from '../../kernel/entitlements/index.ts';
import type { Parsed } from '../../kernel/config/index.ts';
import { Joi, listOf, optional, shape, text } from '../../kernel/schema/index.ts';
import { providerNames, type ProviderName } from './truth.ts';

/** Something that is sold, over all providers that sell it. */
export interface Product {
  /** Our own name for it: `pro-monthly`. */
  id: string;
  /** For people. */
  title: string;
  /** What its buyer may use. */
  entitlements: readonly string[];
  /** What each provider calls it; one of ours may be several of theirs. */
  sold: Readonly<Record<ProviderName, readonly string[]>>;
}

export interface Products {
  readonly all: readonly Product[];
  byId(id: string): Product | undefined;
  /** By what a provider calls it. */
  sold(provider: ProviderName, productId: string): Product | undefined;
}

/** As answers name it; null where it is not in the table. */
export const namedProduct = (product: Product | undefined) =>
  product === undefined ? null : { id: product.id, title: product.title };

const names = Joi.alternatives(text(1, 200), listOf(text(1, 200)).min(1).unique());
const product = shape({
  title: text(1, 100),
  entitlements: listOf(
    Joi.string().custom((name: string, helpers) =>
      isEntitlementName(name) ? name : helpers.error('any.invalid'),
    ),
  )
    .min(1)
    .unique(),
  stripe: optional(names),
  apple: optional(names),
  google: optional(names),
}).or(...providerNames);
const table = Joi.object().pattern(/^[a-z][a-z0-9.-]{0,62}$/, product);

type Row = { title: string; entitlements: string[] } & Partial<
  Record<ProviderName, string | string[]>
>;

/** `{"pro-monthly": {"title": "Pro", "entitlements": ["pro"], "stripe": "price_…", "apple": ["…"]}}` */
export function parseProducts(json: string): Parsed<Products> {
  let rows: unknown;
  try {
    rows = JSON.parse(json);
  } catch {
    return { problem: 'is not JSON' };
  }
  const { error } = table.validate(rows, { convert: false });
  if (error) return { problem: `is not right at ${error.details[0]?.path.join('.') || 'its top'}` };
  const all = Object.entries(rows as Record<string, Row>).map(([id, row]) => productOf(id, row));
  const byName = new Map<string, Product>();
  for (const each of all)
    for (const provider of providerNames)
      for (const name of each.sold[provider]) {
        const key = `${provider} ${name}`;
        if (byName.has(key)) return { problem: `has ${name} of ${provider} twice` };
        byName.set(key, each);
      }
  return {
    value: {
      all,
      byId: (id) => all.find((each) => each.id === id),
      sold: (provider, productId) => byName.get(`${provider} ${productId}`),
    },
  };
}

function productOf(id: string, { title, entitlements, ...sold }: Row): Product {
  const namesOf = (provider: ProviderName) => [sold[provider] ?? []].flat();
  return {
    id,
    title,
    entitlements,
    sold: { stripe: namesOf('stripe'), apple: namesOf('apple'), google: namesOf('google') },
  };
}
