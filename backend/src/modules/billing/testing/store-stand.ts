import { setTimeout as wait } from 'node:timers/promises';
import type { Delivery } from '../../../../local/providers/deliveries.ts';
import type { SandboxProvider } from '../../../../local/providers/provider.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import { commandOf } from '../../../../local/providers/testing/command.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startBillingApp, type BillingApp } from './app.ts';

export interface Mine {
  entitlements: { name: string; state: string; provider: string; until: string | null }[];
  purchases: {
    productId: string;
    state: string;
    grants: boolean;
    renews: boolean;
    environment: string;
  }[];
}

/** A server, and the sandbox of one provider that sends its webhooks there. */
export interface StoreStand {
  readonly provider: SandboxProvider;
  readonly app: BillingApp;
  readonly sandbox: Sandbox;
  command<T = unknown>(name: string, body?: object): Promise<T>;
  post(user: TestUser, path: string, body?: object): Promise<{ status: number; body: unknown }>;
  /** Looks until it is so; an event has to come in and be handled. */
  until(user: TestUser, isSo: (mine: Mine) => boolean): Promise<Mine>;
  untilState(user: TestUser, state: string): Promise<Mine>;
  /** Until the inbox has done with an event. */
  untilProcessed(eventId: string): Promise<void>;
  /** The same of the last event of the type that was sent. */
  untilTold(type: string): Promise<void>;
  stop(): Promise<void>;
}

export const patienceMs = 20_000;

export async function startStoreStand(
  provider: SandboxProvider,
  environment: (sandbox: Sandbox) => Record<string, string> = () => ({}),
): Promise<StoreStand> {
  const sandbox = await startSandbox({ providers: [provider] });
  const app = await startBillingApp({
    environment: {
      ...sandbox.environment,
      RATE_LIMIT_EXPENSIVE: '1000',
      ...environment(sandbox),
    },
  });
  sandbox.deliverTo(app.url);

  async function until(user: TestUser, isSo: (mine: Mine) => boolean): Promise<Mine> {
    const giveUpAt = performance.now() + patienceMs;
    for (;;) {
      const mine = (await app.mine(user.accessToken)) as unknown as Mine;
      if (isSo(mine)) return mine;
      if (performance.now() > giveUpAt) throw new Error(JSON.stringify(mine));
      await wait(50);
    }
  }

  async function untilProcessed(eventId: string): Promise<void> {
    const giveUpAt = performance.now() + patienceMs;
    const page = { provider: provider.name, limit: 200 };
    for (;;) {
      const { events } = await app.kernel.admin.webhooks.list(page);
      const record = events.find((event) => event.eventId === eventId);
      if (record?.state === 'processed') return;
      if (performance.now() > giveUpAt) throw new Error(JSON.stringify(record));
      await wait(50);
    }
  }

  return {
    provider,
    app,
    sandbox,
    command: commandOf(sandbox, provider.name),
    async post({ accessToken }, path, body = {}) {
      const answer = await app.request
        .post(`/api/v1${path}`)
        .set('authorization', `Bearer ${accessToken}`)
        .send(body);
      return { status: answer.status, body: answer.body as unknown };
    },
    until,
    untilState: (user, state) => until(user, ({ purchases }) => purchases[0]?.state === state),
    untilProcessed,
    async untilTold(of) {
      const answer = await fetch(`${sandbox.url}/_sandbox/${provider.name}/deliveries`);
      const { deliveries } = (await answer.json()) as { deliveries: Delivery[] };
      await untilProcessed(deliveries.findLast(({ type }) => type === of)?.event ?? '');
    },
    async stop() {
      await app.stop();
      await sandbox.close();
    },
  };
}
