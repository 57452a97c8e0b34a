import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import { AppError } from '../../../kernel/errors/index.ts';
import type { Provider, Providers } from '../../../kernel/resilience/index.ts';
import type { StripeSettings } from './settings.ts';

export type StripeOn = Extract<StripeSettings, { kind: 'on' }>;

/** Stripe's own library behind the policy of the provider: retries, deadline and breaker are the policy's. */
export interface StripeClient {
  /** A read, which may be tried again. */
  read<T>(operation: string, ask: (stripe: Stripe) => Promise<T>, signal?: AbortSignal): Promise<T>;
  /**
   * Something new, once for the name and the parameters however often it is tried within a day. Other parameters are another
   * thing: Stripe refuses them under the same key.
   */
  write<T>(
    operation: string,
    name: string,
    params: object,
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
      provider.run(() => waitable(ask(library)), {
        operation,
        idempotent: true,
        ...(signal === undefined ? { interactive: true } : { signal }),
      }),
    write: (operation, name, params, ask) => {
      const idempotencyKey = `${name} ${digestOf(params)}`;
      return provider.run(() => waitable(ask(library, { idempotencyKey })), {
        operation,
        idempotent: true,
        interactive: true,
      });
    },
  };
}

const digestOf = (params: object): string =>
  createHash('sha256').update(JSON.stringify(params)).digest('hex');

/** What Stripe said, where an error of the policy comes from that. */
export function refusalOf(error: unknown): Stripe.errors.StripeError | undefined {
  const answer = AppError.is(error) ? error.cause : undefined;
  const said = answer instanceof Error ? answer.cause : undefined;
  return said instanceof Stripe.errors.StripeError ? said : undefined;
}

async function waitable<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw isInHand(error) ? new InHand(error) : error;
  }
}

/** Another request, such as a try of ours that came to no answer, has the key or the object in hand. */
const isInHand = (error: unknown): error is Stripe.errors.StripeError =>
  error instanceof Stripe.errors.StripeError &&
  (error.statusCode === 409 || error.code === 'lock_timeout');

/** As the policy reads errors: 425 is one that may be asked again, and nobody's fault. */
class InHand extends Error {
  override readonly name = 'InHand';
  readonly status = 425;

  constructor(cause: Stripe.errors.StripeError) {
    super(`Stripe answered ${cause.statusCode ?? 0} (${cause.code ?? cause.type})`, { cause });
  }
}
