import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { type Sandbox, startSandbox } from '../../../../local/providers/sandbox.ts';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestStack } from '../../../../test/support/stack.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { type BillingApp, startBillingApp } from './app.ts';
import { inSeconds, truth } from './truths.ts';

export interface ShownRun {
  id: string;
  provider: string | null;
  status: string;
  checked: number;
  same: number;
  corrected: number;
  found: number;
  unknown: number;
  failed: number;
  errorCode: string | null;
}

export interface ShownDrift {
  purchaseId: string;
  kind: string;
  guess: string;
  stateBefore: string | null;
  stateAfter: string | null;
  changes: Record<string, unknown>;
  since: string;
  sinceIs: string;
  correctedAt: string | null;
}

export const price = 'price_sandbox_pro_monthly';

/** What the comparison of one user is answered with. */
export interface UserAnswer {
  run: ShownRun;
  items: { kind: string; purchaseId: string | null; outcome: string; errorCode: string | null }[];
}

/** An operator of a server with billing, its database, and the Stripe that it asks. */
export interface Reconciled {
  readonly app: BillingApp;
  readonly sandbox: Sandbox;
  readonly client: Client;
  readonly admin: TestUser;
  /** Has the sandbox's account do something. */
  command<T = unknown>(name: string, body: object): Promise<T>;
  /** As the operator, or another one. */
  ask<T>(method: string, path: string, body?: object, who?: TestUser): Promise<Answer<T>>;
  /** Starts a run of Stripe and waits for its end. */
  reconcile(): Promise<ShownRun>;
  ended(id: string): Promise<ShownRun>;
  drift(query?: string): Promise<ShownDrift[]>;
  /** A user whose subscription is known here as it is at its seller. */
  subscribed(): Promise<{ user: TestUser; subscription: string; purchaseId: string }>;
  /** Compares everything of one user. */
  compare(user: Pick<TestUser, 'userId'>): Promise<Answer<UserAnswer>>;
  /** Of their own purchases, as the API shows them. */
  statesOf(user: TestUser): Promise<string[]>;
  /** Changes with each row of a purchase, its history or the ledger that is written. */
  written(): Promise<string>;
  stop(): Promise<void>;
}

export interface Answer<T> {
  status: number;
  body: T;
}

export async function startReconciled(
  options: { stack?: TestStack; environment?: Readonly<Record<string, string>> } = {},
): Promise<Reconciled> {
  const sandbox = await startSandbox({ providers: [stripe] });
  const app = await startBillingApp({
    ...options,
    environment: {
      ...sandbox.environment,
      BILLING_RECONCILE_CRON: 'off',
      BILLING_RECONCILE_PER_SECOND: '200',
      RATE_LIMIT_EXPENSIVE: '1000',
      RATE_LIMIT_SIGNED_IN: '10000',
      ...options.environment,
    },
  });
  const client = new Client({ connectionString: app.database.url });
  await client.connect();
  const admin = await app.signUp({ role: 'admin' });

  async function ask<T>(method: string, path: string, body?: object, who = admin) {
    const response = await fetch(`${app.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${who.accessToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = { status: response.status, body: (await response.json()) as T };
    if (answer.status >= 500) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer;
  }

  async function ended(id: string): Promise<ShownRun> {
    const giveUpAt = performance.now() + 30_000;
    for (;;) {
      const { body } = await ask<{ run: ShownRun }>('GET', `/admin/billing/reconciliations/${id}`);
      if (body.run.status !== 'running') return body.run;
      if (performance.now() > giveUpAt) throw new Error(JSON.stringify(body));
      await wait(30);
    }
  }

  async function command<T>(name: string, body: object): Promise<T> {
    const answer = await fetch(`${sandbox.url}/_sandbox/stripe/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${name}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }

  const compare = ({ userId }: Pick<TestUser, 'userId'>) =>
    ask<UserAnswer>('POST', `/admin/billing/customers/${userId}/reconcile`);

  return {
    app,
    sandbox,
    client,
    admin,
    ask,
    ended,
    command,
    compare,
    async subscribed() {
      const user = await app.signUp();
      const { userId } = user;
      const { id: key } = await command<{ id: string }>('buy', { userId, price });
      const { purchaseId } = await app.record(
        truth({ key, userId, productId: price, observedAt: inSeconds(-60) }),
      );
      await compare(user);
      return { user, subscription: key, purchaseId };
    },
    async statesOf({ accessToken }) {
      const { purchases } = await app.mine(accessToken);
      return (purchases as { state: string }[]).map(({ state }) => state);
    },
    async reconcile() {
      const { body } = await ask<{ runs: { run: ShownRun }[] }>(
        'POST',
        '/admin/billing/reconciliations',
        {},
      );
      return ended(body.runs[0]?.run.id ?? '');
    },
    async drift(query = '') {
      const { body } = await ask<{ entries: ShownDrift[] }>('GET', `/admin/billing/drift?${query}`);
      return body.entries;
    },
    async written() {
      const { rows } = await client.query<{ rows: string }>(writtenRows);
      return rows[0]?.rows ?? '';
    },
    async stop() {
      await client.end();
      await app.stop();
      await sandbox.close();
    },
  };
}

/** The transaction that wrote a row is part of it. */
export const writtenRows = `
  select concat_ws(' ',
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.purchases),
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.purchase_history),
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.drift)) as rows`;
