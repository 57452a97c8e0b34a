import Stripe from 'stripe';
import type { Provider, Providers } from '../../../kernel/resilience/index.ts';
import type { StripeSettings } from './settings.ts';

export type StripeOn = Extract<StripeSettings, { kind: 'on' }>;

/** Stripe's own library behind the policy of the provider: retries, deadline and breaker are the policy's. */
export interface StripeClient {
  /** A read, which may be tried again. */
  read<T>(operation: string, ask: (stripe: Stripe) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /** Something new, once for the key however often it is tried. */
  write<T>(
    operation: string,
    key: string,
    ask: (stripe: Stripe, options: Stripe.RequestOptions) => Promise<T>,
  ): Promise<T>;
  readonly library: Stripe;
}

export function createStripeClient(settings: StripeOn, providers: Providers): StripeClient {
  const { apiBase, key } = settings;
  const provider: Provider = providers.create({ name: 'stripe', baseUrl: apiBase.origin });
  const library = new Stripe(key.reveal(), {
    host: apiBase.hostname,
    ...(apiBase.port === '' ? {} : { port: apiBase.port }),
    protocol: apiBase.protocol === 'http:' ? 'http' : 'https',
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: 15_000,
  });
  return {
    library,
    read: (operation, ask, signal) =>
      provider.run(() => ask(library), {
        operation,
        idempotent: true,
        ...(signal === undefined ? { interactive: true } : { signal }),
      }),
    write: (operation, idempotencyKey, ask) =>
      provider.run(() => ask(library, { idempotencyKey }), {
        operation,
        idempotent: true,
        interactive: true,
      }),
  };
}
