import { AppError } from '../../../kernel/errors/index.ts';
import {
  upstreamStatus,
  type CallOptions,
  type Providers,
} from '../../../kernel/resilience/index.ts';
import { Joi, type Infer, type Schema } from '../../../kernel/schema/index.ts';
import { storePolicy } from '../store-purchase.ts';
import { createAccessTokens } from './access-token.ts';
import {
  orderAnswer,
  productAnswer,
  subscriptionAnswer,
  type OrderAnswer,
  type ProductAnswer,
  type SubscriptionAnswer,
} from './answers.ts';
import type { GoogleOn } from './settings.ts';

/**
 * What of the Android Publisher API is used. Resolves with undefined where Google does not know, or does not know any more, what
 * it is asked for; rejects as every provider does.
 */
export interface GoogleClient {
  subscription(token: string, options: CallOptions): Promise<SubscriptionAnswer | undefined>;
  product(token: string, options: CallOptions): Promise<ProductAnswer | undefined>;
  order(id: string, options: CallOptions): Promise<OrderAnswer | undefined>;
  /** Doing it twice is doing it once. */
  acknowledge(
    bought: { kind: 'subscription' | 'one-time'; productId: string; token: string },
    options: CallOptions,
  ): Promise<void>;
}

/** Malformed, unknown, and past its time: Google forgets a subscription 60 days after its end. */
const unknown = new Set([400, 404, 410]);

export function createGoogleClient(settings: GoogleOn, providers: Providers): GoogleClient {
  const tokens = createAccessTokens(settings.account, providers);
  const provider = providers.create({
    ...storePolicy,
    name: 'google-play',
    baseUrl: settings.apiBase,
  });
  const root = `/androidpublisher/v3/applications/${settings.packageName}`;

  interface Call<S extends Schema> extends CallOptions {
    /** Purchase tokens are in paths, so paths are not for logs. */
    operation: string;
    path: string;
    schema: S;
    method?: 'POST';
  }

  async function call<S extends Schema>(request: Call<S>): Promise<Infer<S>> {
    const token = await tokens.get();
    try {
      const { body } = await provider.fetchJson({
        ...request,
        path: `${root}${request.path}`,
        headers: { authorization: `Bearer ${token}` },
        idempotent: true,
        ...(request.method === 'POST' && { body: {} }),
      });
      return body;
    } catch (error) {
      if (upstreamStatus(error) === 401) tokens.drop(token);
      throw error;
    }
  }

  async function known<S extends Schema>(request: Call<S>): Promise<Infer<S> | undefined> {
    try {
      return await call(request);
    } catch (error) {
      if (AppError.is(error) && unknown.has(upstreamStatus(error) ?? 0)) return undefined;
      throw error;
    }
  }

  return {
    subscription: (token, options) =>
      known({
        ...options,
        operation: 'subscriptionsv2.get',
        path: `/purchases/subscriptionsv2/tokens/${encodeURIComponent(token)}`,
        schema: subscriptionAnswer,
      }),
    product: (token, options) =>
      known({
        ...options,
        operation: 'productsv2.get',
        path: `/purchases/productsv2/tokens/${encodeURIComponent(token)}`,
        schema: productAnswer,
      }),
    order: (id, options) =>
      known({
        ...options,
        operation: 'orders.get',
        path: `/orders/${encodeURIComponent(id)}`,
        schema: orderAnswer,
      }),
    async acknowledge({ kind, productId, token }, options) {
      const collection = kind === 'subscription' ? 'subscriptions' : 'products';
      await call({
        ...options,
        method: 'POST',
        operation: `${collection}.acknowledge`,
        path: `/purchases/${collection}/${encodeURIComponent(productId)}/tokens/${encodeURIComponent(token)}:acknowledge`,
        // Google answers with nothing.
        schema: Joi.any(),
      });
    },
  };
}
