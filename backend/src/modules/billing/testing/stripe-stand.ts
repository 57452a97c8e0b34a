import { stripe } from '../../../../local/providers/stripe.ts';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import type { Delivery } from '../../../../local/providers/deliveries.ts';
import type { CheckoutSession, Subscription } from '../../../../local/providers/stripe/objects.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import type { EventSubject } from './stripe-events.ts';

/** Stripe's sandbox, for servers that are processes of their own. */
export interface StripeStand {
  readonly sandbox: Sandbox;
  readonly secret: string;
  /** What a server needs, with a limit on webhooks that does not count here. */
  readonly environment: Readonly<Record<string, string>>;
  command<T = unknown>(name: string, body: object): Promise<T>;
  buy(userId: string): Promise<Subscription>;
  /** What is paid once. */
  buyOnce(userId: string): Promise<CheckoutSession>;
  subjectOf(subscription: string): Promise<EventSubject>;
  deliveries(): Promise<readonly Delivery[]>;
  close(): Promise<void>;
}

export async function startStripeStand(): Promise<StripeStand> {
  const sandbox = await startSandbox({ providers: [stripe] });
  const { key, webhookSecret: secret } = sandbox.provider('stripe');

  async function ask<T>(path: string, options: RequestInit = {}): Promise<T> {
    const answer = await fetch(sandbox.url + path, options);
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
  const command = commandOf(sandbox, 'stripe');
  const api = <T>(path: string): Promise<T> =>
    ask<T>(`/v1/${path}`, { headers: { authorization: `Bearer ${key}` } });

  return {
    sandbox,
    secret,
    environment: { ...sandbox.environment, RATE_LIMIT_WEBHOOK: '1000000' },
    command,
    buy: (userId) => command('buy', { userId, price: 'price_sandbox_pro_monthly' }),
    buyOnce: (userId) => command('buy', { userId, price: 'price_sandbox_archive' }),
    async subjectOf(subscription) {
      const { customer, latest_invoice: invoice } = await api<Subscription>(
        `subscriptions/${subscription}`,
      );
      const { data } = await api<{ data: { payment: { payment_intent: string } }[] }>(
        `invoice_payments?invoice=${invoice ?? ''}`,
      );
      return { subscription, customer, paymentIntent: data[0]?.payment.payment_intent ?? '' };
    },
    async deliveries() {
      return (await ask<{ deliveries: Delivery[] }>('/_sandbox/stripe/deliveries')).deliveries;
    },
    close: () => sandbox.close(),
  };
}

/** Delivers these very bytes; resolves with the status, 0 where there was no answer. */
export async function deliver(
  server: string,
  body: string | Buffer,
  signature: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<number> {
  try {
    const answer = await fetch(`${server}/api/v1/webhooks/stripe`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'stripe-signature': signature, ...headers },
      body,
      signal: AbortSignal.timeout(10_000),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return 0;
  }
}

export const deliverSigned = (server: string, event: object, secret: string): Promise<number> => {
  const body = JSON.stringify(event, null, 2);
  return deliver(server, body, signatureOf(body, secret));
};

/** The state of somebody's first purchase, as the server tells them. */
export async function stateOf(
  server: string,
  { accessToken }: { accessToken: string },
): Promise<string> {
  const answer = await fetch(`${server}/api/v1/me/entitlements`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  const { purchases } = (await answer.json()) as { purchases?: { state: string }[] };
  return purchases?.[0]?.state ?? 'none';
}
