import type { CallOptions } from '../../../kernel/resilience/index.ts';
import type { Clock } from '../clock.ts';
import type { Products } from '../products.ts';
import type { BillingProvider } from '../provider.ts';
import type { OrderAnswer } from './answers.ts';
import { type GoogleClient, ifKnown } from './client.ts';
import type { KnownToken, TokenRepository } from './tokens-repository.ts';
import { productTruth, subscriptionTruth, type Found } from './truth.ts';

export interface GoogleProvider extends BillingProvider {
  /** What Google says of it now; undefined where it has forgotten it. Rejects where it does not know it. */
  look(known: KnownToken, options: CallOptions): Promise<Found | undefined>;
  /** The product of what Google waits for us to acknowledge. As `look`, and no order is needed for it. */
  unacknowledged(known: KnownToken, options: CallOptions): Promise<string | undefined>;
}

/** After 60 days Google answers 410. Well before, so that nobody asks in between. */
const remembersDays = 50;

/** Google Play, asked for the present state. */
export function googleProvider({
  client,
  tokens,
  products,
  packageName,
  clock,
}: {
  client: GoogleClient;
  tokens: TokenRepository;
  products: Products;
  packageName: string;
  clock: Clock;
}): GoogleProvider {
  const isSold = (productId: string) => products.sold('google', productId) !== undefined;

  async function ask(known: KnownToken, options: CallOptions) {
    const { key, token, createdAt: firstSeenAt, replacedAt } = known;
    const observedAt = await clock();
    const common = { key, packageName, isSold, observedAt, firstSeenAt, replacedAt };
    if (known.kind === 'one-time') {
      const answer = await client.product(token, options);
      const found = (order?: OrderAnswer) => answer && productTruth(answer, { ...common, order });
      return { found, orderId: answer?.orderId };
    }
    const answer = await client.subscription(token, options);
    const found = (order?: OrderAnswer) =>
      answer && subscriptionTruth(answer, { ...common, order });
    return { found, orderId: answer?.latestOrderId };
  }

  async function look(known: KnownToken, options: CallOptions): Promise<Found | undefined> {
    const { found, orderId } = await ask(known, options);
    return found(orderId === undefined ? undefined : await client.order(orderId, options));
  }

  return {
    name: 'google',
    remembersDays,
    look,
    async unacknowledged(known, options) {
      const found = (await ask(known, options)).found();
      return found?.wantsAcknowledgement === true ? found.truth.productId : undefined;
    },
    async fetch(key, signal) {
      const known = await tokens.find(key);
      return known && (await ifKnown(look(known, { signal })))?.truth;
    },
  };
}
