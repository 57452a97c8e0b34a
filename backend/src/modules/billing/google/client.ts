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
 * What of the Android Publisher API is used. Resolves with undefined where Google has forgotten what it is asked for (410), and
 * rejects as every provider does, also where it does not know it.
 */
export interface GoogleClient {
  subscription(token: string, options: CallOptions): Promise<SubscriptionAnswer | undefined>;
  product(token: string, options: CallOptions): Promise<ProductAnswer | undefined>;
  /** Of a purchase that names it: rejects with UPSTREAM_INVALID_RESPONSE where there is none. */
  order(id: string, options: CallOptions): Promise<OrderAnswer>;
  /** Doing it twice is doing it once. */
  acknowledge(
    bought: { kind: 'subscription' | 'one-time'; productId: string; token: string },
    options: CallOptions,
  ): Promise<void>;
}

const name = 'google-play';
/** What became of a call of Google Play itself, and not of the one for an access token. */
const statusOf = (error: unknown): number | undefined =>
  AppError.is(error) && error.provider === name ? upstreamStatus(error) : undefined;

/** A subscription is, 60 days after its end. */
const forgotten = 410;
/** Malformed, and not there. Right about what was never bought; about what was it may be a fault, so that nothing follows from it. */
const unknown: readonly unknown[] = [400, 404];

/** Undefined where Google does not know it, too. */
export async function ifKnown<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (unknown.includes(statusOf(error))) return undefined;
    throw error;
  }
}

export function createGoogleClient(settings: GoogleOn, providers: Providers): GoogleClient {
  const tokens = createAccessTokens(settings.account, providers);
  const provider = providers.create({
    ...storePolicy,
    name,
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
      if (statusOf(error) === 401) tokens.drop(token);
      throw error;
    }
  }

  async function remembered<S extends Schema>(request: Call<S>): Promise<Infer<S> | undefined> {
    try {
      return await call(request);
    } catch (error) {
      if (statusOf(error) === forgotten) return undefined;
      throw error;
    }
  }

  return {
    subscription: (token, options) =>
      remembered({
        ...options,
        operation: 'subscriptionsv2.get',
        path: `/purchases/subscriptionsv2/tokens/${encodeURIComponent(token)}`,
        schema: subscriptionAnswer,
      }),
    product: (token, options) =>
      remembered({
        ...options,
        operation: 'productsv2.get',
        path: `/purchases/productsv2/tokens/${encodeURIComponent(token)}`,
        schema: productAnswer,
      }),
    async order(id, options) {
      const order = await ifKnown(
        remembered({
          ...options,
          operation: 'orders.get',
          path: `/orders/${encodeURIComponent(id)}`,
          schema: orderAnswer,
        }),
      );
      // Without it nobody knows whether the money went back.
      if (order === undefined) throw new AppError('UPSTREAM_INVALID_RESPONSE', { provider: name });
      return order;
    },
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
