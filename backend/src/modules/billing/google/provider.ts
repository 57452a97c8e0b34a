import type { CallOptions } from '../../../kernel/resilience/index.ts';
import type { Products } from '../products.ts';
import type { BillingProvider } from '../provider.ts';
import type { GoogleClient } from './client.ts';
import type { KnownToken, TokenRepository } from './tokens-repository.ts';
import { productTruth, subscriptionTruth, type Around, type Found } from './truth.ts';

export interface GoogleProvider extends BillingProvider {
  /** What Google says of it now; undefined where it does not know it. */
  look(known: KnownToken, options: CallOptions): Promise<Found | undefined>;
}

/** After 60 days Google answers 410. Well before, so that nobody asks in between. */
const remembersDays = 50;

/** Google Play, asked for the present state. */
export function googleProvider({
  client,
  tokens,
  products,
  packageName,
}: {
  client: GoogleClient;
  tokens: TokenRepository;
  products: Products;
  packageName: string;
}): GoogleProvider {
  const isSold = (productId: string) => products.sold('google', productId) !== undefined;

  async function look(known: KnownToken, options: CallOptions): Promise<Found | undefined> {
    const { key, token, createdAt: firstSeenAt, replacedAt } = known;
    const common = { key, packageName, isSold, observedAt: new Date(), firstSeenAt, replacedAt };
    const around = async (orderId: string | undefined): Promise<Around> => ({
      ...common,
      order: orderId === undefined ? undefined : await client.order(orderId, options),
    });
    if (known.kind === 'one-time') {
      const answer = await client.product(token, options);
      return answer && productTruth(answer, await around(answer.orderId));
    }
    const answer = await client.subscription(token, options);
    return answer && subscriptionTruth(answer, await around(answer.latestOrderId));
  }

  return {
    name: 'google',
    remembersDays,
    look,
    async fetch(key, signal) {
      const known = await tokens.find(key);
      return known && (await look(known, { signal }))?.truth;
    },
  };
}
