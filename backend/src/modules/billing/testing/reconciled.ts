import { type Sandbox, startSandbox } from '../../../../local/providers/sandbox.ts';
import { stripe } from '../../../../local/providers/stripe.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import type { TestStack } from '../../../../test/support/stack.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { type BillingApp, startBillingApp } from './app.ts';
import { type Operator, reconcilesOnDemand, startOperator } from './operator.ts';
import { inSeconds, truth } from './truths.ts';

export const price = 'price_sandbox_pro_monthly';

/** An operator of a server with billing, its database, and the Stripe that it asks. */
export interface Reconciled extends Omit<Operator, 'leave'> {
  readonly app: BillingApp;
  readonly sandbox: Sandbox;
  /** Has the sandbox's account do something. */
  command<T = unknown>(name: string, body: object): Promise<T>;
  /** A user whose subscription is known here as it is at its seller. */
  subscribed(): Promise<{ user: TestUser; subscription: string; purchaseId: string }>;
  /** A user with an account at Stripe, from a page that they have opened there and not paid. */
  visited(): Promise<{ user: TestUser; customer: string; page: string }>;
  stop(): Promise<void>;
}

export async function startReconciled(
  options: { stack?: TestStack; environment?: Readonly<Record<string, string>> } = {},
): Promise<Reconciled> {
  const sandbox = await startSandbox({ providers: [stripe] });
  const app = await startBillingApp({
    ...options,
    environment: { ...sandbox.environment, ...reconcilesOnDemand, ...options.environment },
  });
  const { leave, ...operator } = await startOperator(app);

  const command = commandOf(sandbox, 'stripe');

  return {
    ...operator,
    app,
    sandbox,
    command,
    async subscribed() {
      const user = await app.signUp();
      const { userId } = user;
      const { id: key } = await command<{ id: string }>('buy', { userId, price });
      const { purchaseId } = await app.record(
        truth({ key, userId, productId: price, observedAt: inSeconds(-60) }),
      );
      await operator.compare(user);
      return { user, subscription: key, purchaseId };
    },
    async visited() {
      const user = await app.signUp();
      const { body } = await operator.ask<{ url: string }>(
        'POST',
        '/billing/checkout',
        { price },
        user,
      );
      const { rows } = await operator.client.query<{ customer: string }>(
        'select customer_id as customer from billing.customers where user_id = $1',
        [user.userId],
      );
      return { user, customer: rows[0]?.customer ?? '', page: body.url };
    },
    async stop() {
      await leave();
      await app.stop();
      await sandbox.close();
    },
  };
}
