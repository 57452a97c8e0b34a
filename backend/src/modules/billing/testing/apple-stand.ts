import { setTimeout as wait } from 'node:timers/promises';
import { apple } from '../../../../local/providers/apple.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startBillingApp, type BillingApp } from './app.ts';

/** What the sandbox says of a purchase. */
export interface Bought {
  transaction: string;
  transactionId: string;
  signedTransaction: string;
}

export interface Mine {
  entitlements: { name: string; state: string; provider: string; until: string | null }[];
  purchases: { productId: string; state: string; grants: boolean; renews: boolean }[];
}

export interface AppleStand {
  readonly app: BillingApp;
  readonly sandbox: Sandbox;
  command<T = unknown>(name: string, body?: object): Promise<T>;
  /** Bought with the user's id as its appAccountToken, unless `more` says otherwise. */
  buy(user: TestUser | undefined, more?: object): Promise<Bought>;
  post(user: TestUser, path: string, body: object): Promise<{ status: number; body: unknown }>;
  present(user: TestUser, signed: string): Promise<{ status: number; body: unknown }>;
  /** Looks until it is so; an event has to come in and be handled. */
  until(user: TestUser, isSo: (mine: Mine) => boolean): Promise<Mine>;
  untilState(user: TestUser, state: string): Promise<Mine>;
  stop(): Promise<void>;
}

/** A server with the App Store's sandbox, which sends its notifications there. */
export async function startAppleStand(
  environment: (sandbox: Sandbox) => Record<string, string> = () => ({}),
): Promise<AppleStand> {
  const sandbox = await startSandbox({ providers: [apple] });
  const app = await startBillingApp({
    environment: {
      ...sandbox.environment,
      RATE_LIMIT_EXPENSIVE: '1000',
      ...environment(sandbox),
    },
  });
  sandbox.deliverTo(app.url);

  const stand: AppleStand = {
    app,
    sandbox,
    async command<T>(name: string, body: object = {}) {
      const answer = await fetch(`${sandbox.url}/_sandbox/apple/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    buy: (user, more = {}) =>
      stand.command<Bought>('buy', {
        ...(user === undefined ? {} : { userId: user.userId }),
        product: 'sandbox.pro.monthly',
        ...more,
      }),
    async post({ accessToken }, path, body) {
      const answer = await app.request
        .post(`/api/v1${path}`)
        .set('authorization', `Bearer ${accessToken}`)
        .send(body);
      return { status: answer.status, body: answer.body as unknown };
    },
    present: (user, signedTransaction) =>
      stand.post(user, '/purchases/apple', { signedTransaction }),
    async until(user, isSo) {
      const giveUpAt = performance.now() + 20_000;
      for (;;) {
        const mine = (await app.mine(user.accessToken)) as unknown as Mine;
        if (isSo(mine)) return mine;
        if (performance.now() > giveUpAt) throw new Error(JSON.stringify(mine));
        await wait(50);
      }
    },
    untilState: (user, state) =>
      stand.until(user, ({ purchases }) => purchases[0]?.state === state),
    async stop() {
      await app.stop();
      await sandbox.close();
    },
  };
  return stand;
}
