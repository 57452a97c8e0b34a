import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import type { TestUser } from '../../../../test/support/users.ts';
import type { BillingApp } from './app.ts';

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

/** What the comparison of one user is answered with. */
export interface UserAnswer {
  run: ShownRun;
  items: { kind: string; purchaseId: string | null; outcome: string; errorCode: string | null }[];
}

export interface Answer<T> {
  status: number;
  body: T;
}

/** What a server needs to have things compared when it is asked to, and fast. */
export const reconcilesOnDemand = {
  BILLING_RECONCILE_CRON: 'off',
  BILLING_RECONCILE_PER_SECOND: '200',
  RATE_LIMIT_EXPENSIVE: '1000',
  RATE_LIMIT_SIGNED_IN: '10000',
} as const;

/** Somebody who has things compared, on a server with billing, and looks into its database. */
export interface Operator {
  readonly client: Client;
  readonly admin: TestUser;
  /** As the operator, or another one. */
  ask<T>(method: string, path: string, body?: object, who?: TestUser): Promise<Answer<T>>;
  /** Starts a run of each provider that there is, and resolves with the id of the first. */
  start(): Promise<string>;
  ended(id: string): Promise<ShownRun>;
  /** Both. */
  reconcile(): Promise<ShownRun>;
  drift(query?: string): Promise<ShownDrift[]>;
  /** Compares everything of one user. */
  compare(user: Pick<TestUser, 'userId'>): Promise<Answer<UserAnswer>>;
  /** Of their own purchases, as the API shows them. */
  statesOf(user: TestUser): Promise<string[]>;
  /** Changes with each row of a purchase, its history or the ledger that is written. */
  written(): Promise<string>;
  leave(): Promise<void>;
}

export async function startOperator(app: BillingApp): Promise<Operator> {
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

  async function start(): Promise<string> {
    const { body } = await ask<{ runs: { run: ShownRun }[] }>(
      'POST',
      '/admin/billing/reconciliations',
      {},
    );
    return body.runs[0]?.run.id ?? '';
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

  return {
    client,
    admin,
    ask,
    start,
    ended,
    reconcile: async () => ended(await start()),
    async drift(query = '') {
      const { body } = await ask<{ entries: ShownDrift[] }>('GET', `/admin/billing/drift?${query}`);
      return body.entries;
    },
    compare: ({ userId }) => ask('POST', `/admin/billing/customers/${userId}/reconcile`),
    async statesOf({ accessToken }) {
      const { purchases } = await app.mine(accessToken);
      return (purchases as { state: string }[]).map(({ state }) => state);
    },
    async written() {
      const { rows } = await client.query<{ rows: string }>(writtenRows);
      return rows[0]?.rows ?? '';
    },
    leave: () => client.end(),
  };
}

/** The transaction that wrote a row is part of it. */
export const writtenRows = `
  select concat_ws(' ',
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.purchases),
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.purchase_history),
    (select md5(string_agg(id || ' ' || xmin, ',' order by id)) from billing.drift)) as rows`;
