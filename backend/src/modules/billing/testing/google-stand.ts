import { setTimeout as wait } from 'node:timers/promises';
import { google } from '../../../../local/providers/google.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startBillingApp, type BillingApp } from './app.ts';

/** What the sandbox says of a purchase. */
export interface Bought {
  purchaseToken: string;
  kind: 'subscription' | 'one-time';
  product: string;
  state: string;
  acknowledged: boolean;
  order: string;
}

export interface Mine {
  entitlements: { name: string; state: string; provider: string; until: string | null }[];
  purchases: { productId: string; state: string; grants: boolean; environment: string }[];
}

export interface GoogleStand {
  readonly app: BillingApp;
  readonly sandbox: Sandbox;
  command<T = unknown>(name: string, body?: object): Promise<T>;
  /** Has the store do something with a purchase. */
  do(name: string, bought: Bought, more?: object): Promise<Bought>;
  /** Bought with the user's id as the account's, unless `more` says otherwise. */
  buy(user: TestUser | undefined, more?: object): Promise<Bought>;
  /** While no notification goes out. */
  silently<T>(work: () => Promise<T>): Promise<T>;
  post(user: TestUser, path: string, body: object): Promise<{ status: number; body: unknown }>;
  present(
    user: TestUser,
    bought: Bought,
    more?: object,
  ): Promise<{ status: number; body: unknown }>;
  /** Looks until it is so; an event has to come in and be handled. */
  until(user: TestUser, isSo: (mine: Mine) => boolean): Promise<Mine>;
  untilState(user: TestUser, state: string): Promise<Mine>;
  untilAcknowledged(bought: Bought): Promise<void>;
  stop(): Promise<void>;
}

const patienceMs = 20_000;

/** A server with the sandbox of Google Play, which pushes its notifications there. */
export async function startGoogleStand(
  environment: Record<string, string> = {},
): Promise<GoogleStand> {
  const sandbox = await startSandbox({ providers: [google] });
  const app = await startBillingApp({
    environment: { ...sandbox.environment, RATE_LIMIT_EXPENSIVE: '1000', ...environment },
  });
  sandbox.deliverTo(app.url);

  const stand: GoogleStand = {
    app,
    sandbox,
    async command<T>(name: string, body: object = {}) {
      const answer = await fetch(`${sandbox.url}/_sandbox/google/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
      return (await answer.json()) as T;
    },
    do: (name, { purchaseToken: token }, more = {}) => stand.command(name, { token, ...more }),
    buy: (user, more = {}) =>
      stand.command<Bought>('buy', {
        ...(user === undefined ? {} : { userId: user.userId }),
        product: 'sandbox_pro_monthly',
        ...more,
      }),
    async silently(work) {
      await stand.command('webhook', { lost: true });
      const result = await work();
      await stand.command('webhook');
      return result;
    },
    async post({ accessToken }, path, body) {
      const answer = await app.request
        .post(`/api/v1${path}`)
        .set('authorization', `Bearer ${accessToken}`)
        .send(body);
      return { status: answer.status, body: answer.body as unknown };
    },
    present: (user, { purchaseToken, kind }, more = {}) =>
      stand.post(user, '/purchases/google', { purchaseToken, kind, ...more }),
    async until(user, isSo) {
      const giveUpAt = performance.now() + patienceMs;
      for (;;) {
        const mine = (await app.mine(user.accessToken)) as unknown as Mine;
        if (isSo(mine)) return mine;
        if (performance.now() > giveUpAt) throw new Error(JSON.stringify(mine));
        await wait(50);
      }
    },
    untilState: (user, state) =>
      stand.until(user, ({ purchases }) => purchases[0]?.state === state),
    async untilAcknowledged(bought) {
      const giveUpAt = performance.now() + patienceMs;
      while (!(await stand.do('purchase', bought)).acknowledged) {
        if (performance.now() > giveUpAt) throw new Error('It was not acknowledged');
        await wait(50);
      }
    },
    async stop() {
      await app.stop();
      await sandbox.close();
    },
  };
  return stand;
}
