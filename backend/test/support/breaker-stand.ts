import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { ClonedDatabase } from '../../local/postgres/templates.ts';
import type { Provider, ProviderState } from '../../src/kernel/resilience/index.ts';
import { Joi } from '../../src/kernel/schema/index.ts';
import { openTestDatabase } from './database.ts';
import { startFailingProvider, type FailingProvider } from './failing-provider.ts';
import { startProviders, type TestProviders } from './providers.ts';
import { caughtBy } from './upstream-stand.ts';

export const anything = Joi.any();
export const openMs = 500;

export interface CallingProcess {
  own: TestProviders;
  provider: Provider;
  ask(): Promise<unknown>;
  state(): Promise<ProviderState>;
  /** Resolves when the breaker is seen so. */
  until(breaker: ProviderState['breaker']): Promise<void>;
}

export interface ProcessOptions {
  url?: string;
  listenUrl?: string | undefined;
  /** That of the processes before; a new one by default. */
  sameName?: boolean;
}

export interface BreakerStand {
  database(): ClonedDatabase;
  /** Ended after the test. */
  dispose(end: () => Promise<unknown>): void;
  upstream(): Promise<FailingProvider>;
  /** So many processes that call the same provider, which leads to `upstream`; each failed call is one try. */
  processes(
    count: number,
    upstream: FailingProvider,
    options?: ProcessOptions,
  ): Promise<CallingProcess[]>;
}

/** For the tests of a file: processes that share breakers, each with connections of its own. */
export function breakerStand(): BreakerStand {
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

  async function start(
    upstream: FailingProvider,
    options: ProcessOptions,
  ): Promise<CallingProcess> {
    const { url = database.url, sameName: _, ...more } = options;
    const own = await startProviders(url, more);
    disposers.push(() => own.close());
    const provider = own.providers.create({
      name: `shared-${names}`,
      baseUrl: upstream.url,
      attempts: 1,
      // On a busy machine a try that is held back must not end by itself.
      deadlineMs: 60_000,
      breaker: { openMs },
    });
    const state = async () => {
      const [one] = await own.providers.admin.list();
      if (one === undefined) throw new Error('There is no provider');
      return one;
    };
    return {
      own,
      provider,
      state,
      ask: () => provider.fetchJson({ path: '/', schema: anything }),
      until: (breaker) => until(async () => (await state()).breaker === breaker),
    };
  }

  return {
    database: () => database,
    dispose(end) {
      disposers.push(end);
    },
    async upstream() {
      const upstream = await startFailingProvider();
      disposers.push(() => upstream.close());
      return upstream;
    },
    async processes(count, upstream, options = {}) {
      if (options.sameName !== true) names += 1;
      const started: CallingProcess[] = [];
      for (let index = 0; index < count; index += 1) started.push(await start(upstream, options));
      return started;
    },
  };
}

export async function until(reached: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + 15_000;
  while (!(await reached())) {
    if (performance.now() > endsAt) throw new Error('It was never reached');
    await wait(10);
  }
}

/** Resolves when a try is due by what all of them have agreed on. */
export async function due(...all: readonly CallingProcess[]): Promise<void> {
  for (const { state } of all)
    await until(async () => {
      const { openings, retryAt } = await state();
      return openings > 0 && retryAt !== null && retryAt.getTime() <= Date.now();
    });
  // What is left of the last millisecond is cut off from what is said.
  await wait(2);
}

/** So many calls, one after the other; what each rejects with. */
export async function fail(one: CallingProcess, times: number): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (let count = 0; count < times; count += 1) errors.push(await caughtBy(one.ask()));
  return errors;
}
