import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { withDatabase } from '../../../test/support/open-database.ts';
import {
  answers,
  startFailingProvider,
  type Behaviour,
  type FailingProvider,
} from '../../../test/support/failing-provider.ts';
import { startProviders, type TestProviders } from '../../../test/support/providers.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { caughtBy } from '../../../test/support/upstream-stand.ts';
import { Joi } from '../schema/index.ts';
import type { Provider, ProviderState } from './index.ts';

const schema = Joi.any();
const openMs = 500;
/** By then a try is due by the database's clock too. */
const dueAfterMs = openMs + 200;
const disposers: (() => Promise<unknown>)[] = [];
let database: ClonedDatabase;
let names = 0;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});
afterAll(async () => {
  await database.drop();
});

interface Process {
  own: TestProviders;
  provider: Provider;
  ask(): Promise<unknown>;
  state(): Promise<ProviderState>;
  /** Resolves when the breaker is seen so. */
  until(breaker: ProviderState['breaker']): Promise<void>;
}

async function upstreamOf(): Promise<FailingProvider> {
  const upstream = await startFailingProvider();
  disposers.push(() => upstream.close());
  return upstream;
}

/** So many processes that call the same provider, which leads to `upstream`. */
async function processes(
  count: number,
  upstream: FailingProvider,
  options: { url?: string; listenUrl?: string | undefined } = {},
): Promise<Process[]> {
  names += 1;
  const started: Process[] = [];
  for (let index = 0; index < count; index += 1) {
    const { url = database.url, ...more } = options;
    const own = await startProviders(url, more);
    disposers.push(() => own.close());
    const provider = own.providers.create({
      name: `shared-${names}`,
      baseUrl: upstream.url,
      attempts: 1,
      breaker: { openMs },
    });
    const state = async () => {
      const [one] = await own.providers.admin.list();
      if (one === undefined) throw new Error('There is no provider');
      return one;
    };
    started.push({
      own,
      provider,
      state,
      ask: () => provider.fetchJson({ path: '/', schema }),
      async until(breaker) {
        await until(async () => (await state()).breaker === breaker);
      },
    });
  }
  return started;
}

async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 15_000;
  while (!(await reached())) {
    if (performance.now() > endsAt) throw new Error('It was never reached');
    await wait(10);
  }
}

async function fail(one: Process, times: number): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (let count = 0; count < times; count += 1) errors.push(await caughtBy(one.ask()));
  return errors;
}

/** Answers when it is told to. */
function held(behaviour: Behaviour): { behaviour: Behaviour; answer(): void } {
  const waiting: (() => void)[] = [];
  return {
    behaviour: (response, request) =>
      waiting.push(() => {
        behaviour(response, request);
      }),
    answer() {
      for (const one of waiting) one();
    },
  };
}

describe('a breaker', () => {
  test('opens with the fifth failure in a row, and then answers without asking', async () => {
    const upstream = await upstreamOf();
    const [one] = (await processes(1, upstream)) as [Process];
    upstream.next(answers(500), answers(500), answers(500), answers(500), answers(200));
    await fail(one, 5);
    expect(await one.state()).toMatchObject({ breaker: 'closed', consecutiveFailures: 0 });
    upstream.always(answers(500));
    await fail(one, 5);
    const asked = upstream.requests.length;
    const [refusal] = await fail(one, 1);
    expect(refusal).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      statusCode: 503,
      provider: one.provider.name,
      retryAfterSeconds: 1,
    });
    expect(upstream.requests).toHaveLength(asked);
    expect(await one.state()).toMatchObject({
      breaker: 'open',
      openings: 1,
      lastError: 'HTTP 500',
      openedAt: expect.any(Date) as unknown,
      retryAt: expect.any(Date) as unknown,
    });
    const labels = { provider: one.provider.name };
    expect(await one.own.metric('bulwark_breaker_state', labels)).toBe(2);
    expect(await one.own.metric('bulwark_breaker_openings_total', labels)).toBe(1);
  });

  test('that one process opens is open in all, and so is what one closes', async () => {
    const upstream = await upstreamOf();
    const all = await processes(3, upstream);
    const [first, second, third] = all as [Process, Process, Process];
    upstream.always(answers(503));
    await fail(first, 5);
    await Promise.all(all.map((one) => one.until('open')));
    const asked = upstream.requests.length;
    await fail(second, 1);
    expect(upstream.requests).toHaveLength(asked);
    upstream.always(answers(200));
    await wait(dueAfterMs);
    await third.ask();
    await Promise.all(all.map((one) => one.until('closed')));
    await Promise.all(all.map((one) => one.ask()));
    const openings = await Promise.all(
      all.map(({ own, provider }) =>
        own.metric('bulwark_breaker_openings_total', { provider: provider.name }),
      ),
    );
    expect(openings).toEqual([1, 0, 0]);
    expect((await second.state()).openings).toBe(1);
  });

  test('lets one try through over all processes, and opens again when it fails', async () => {
    const upstream = await upstreamOf();
    const all = await processes(3, upstream);
    upstream.always(answers(500));
    await fail(all[0] as Process, 5);
    await Promise.all(all.map((one) => one.until('open')));
    await wait(dueAfterMs);
    const asked = upstream.requests.length;
    const probe = held(answers(500));
    upstream.always(probe.behaviour);
    const calls = all.flatMap((one) => Array.from({ length: 20 }, () => caughtBy(one.ask())));
    await until(() => upstream.requests.length > asked);
    await Promise.all(all.map((one) => one.until('half-open')));
    probe.answer();
    const errors = await Promise.all(calls);
    expect(upstream.requests).toHaveLength(asked + 1);
    for (const error of errors) expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await Promise.all(all.map((one) => one.until('open')));
    expect(await (all[0] as Process).state()).toMatchObject({ openings: 1 });
  });

  test('is closed for all by an operator, whose word counts at once', async () => {
    const upstream = await upstreamOf();
    const [one, other] = (await processes(2, upstream)) as [Process, Process];
    upstream.next(...Array.from({ length: 5 }, () => answers(500)));
    await fail(one, 5);
    await other.until('open');
    expect(await other.own.providers.admin.reset(one.provider.name)).toBe(true);
    await one.until('closed');
    await one.ask();
    expect(await other.own.providers.admin.reset('nobody')).toBe(false);
  });

  test('takes a try that was given up for none, and lets the next one through', async () => {
    const upstream = await upstreamOf();
    const [one] = (await processes(1, upstream)) as [Process];
    upstream.always(answers(500));
    await fail(one, 5);
    await wait(dueAfterMs);
    upstream.always(() => undefined);
    const giveUp = new AbortController();
    const call = one.provider.fetchJson({ path: '/', schema, signal: giveUp.signal });
    await one.until('half-open');
    giveUp.abort(new Error('no more'));
    await expect(call).rejects.toThrow('no more');
    upstream.always(answers(200));
    await one.ask();
    expect((await one.state()).breaker).toBe('closed');
  });

  test('is learnt by a process that starts later', async () => {
    const upstream = await upstreamOf();
    const [one] = (await processes(1, upstream)) as [Process];
    upstream.always(answers(500));
    await fail(one, 5);
    await until(async () => (await one.state()).openings === 1);
    names -= 1;
    const [late] = (await processes(1, upstream)) as [Process];
    await late.until('open');
  });

  test('and the calls of one process are seen by the operator of another', async () => {
    const upstream = await upstreamOf();
    const [one, other] = (await processes(2, upstream)) as [Process, Process];
    await one.ask();
    one.provider.noteQuota({ limit: 100, remaining: 42 });
    await until(async () => (await other.state()).quota !== null);
    expect(await other.state()).toMatchObject({
      calls: 1,
      failures: 0,
      quota: { limit: 100, remaining: 42, resetsAt: null },
    });
  });

  test('pauses in every process when one was asked for a pause', async () => {
    const upstream = await upstreamOf();
    const [one, other] = (await processes(2, upstream)) as [Process, Process];
    upstream.next(answers(429, {}, { 'retry-after': '60' }));
    await fail(one, 1);
    await until(async () => (await other.state()).pausedUntil !== null);
    const [refusal] = await fail(other, 1);
    expect(refusal).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterSeconds: 60 });
  });
});

describe('without a line between processes', () => {
  test('they agree by the table, a second later', async () => {
    const upstream = await upstreamOf();
    const all = await processes(2, upstream, { listenUrl: undefined });
    upstream.always(answers(500));
    await fail(all[0] as Process, 5);
    await (all[1] as Process).until('open');
  });
});

describe('without a database', () => {
  test('each process decides alone, and says afterwards what it has decided', async () => {
    const upstream = await upstreamOf();
    const relay = await startTcpRelay(database.url);
    disposers.push(() => relay.close());
    const [cut] = (await processes(1, upstream, { url: relay.url })) as [Process];
    names -= 1;
    const [other] = (await processes(1, upstream)) as [Process];
    relay.refuse();
    relay.reset();
    upstream.always(answers(500));
    await fail(cut, 5);
    expect((await cut.state()).breaker).toBe('open');
    await wait(dueAfterMs);
    await fail(cut, 1);
    expect((await cut.state()).breaker).toBe('open');
    relay.recover();
    await other.until('open');
    expect((await other.state()).openings).toBe(1);
  });
});

test('what a provider has said is in no table that clients reach', async () => {
  await withDatabase(database.url, {}, async (db) => {
    const { rows } = await db.statement(
      `select role from unnest(array['anon', 'authenticated', 'service_role']) as role,
         unnest(array['bulwark.provider_breakers', 'bulwark.provider_sightings']) as t (name)
       where has_table_privilege(role, t.name, 'select, insert, update, delete')`,
      [],
      2_000,
    );
    expect(rows).toEqual([]);
  });
});
