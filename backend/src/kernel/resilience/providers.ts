import { randomUUID } from 'node:crypto';
import type { Broadcast } from '../broadcast/index.ts';
import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Tracing } from '../telemetry/index.ts';
import { breakerRow, createBreakerBoard } from './breaker-board.ts';
import { complete } from './definition.ts';
import { createInputFetch, type InputFetchRules } from './input-fetch.ts';
import { createProviderMetrics } from './provider-metrics.ts';
import { breakerTopic, registerProvider, type RegisteredProvider } from './registered-provider.ts';
import { createSightings, type Sighting } from './sightings.ts';
import type { Providers, ProvidersAdmin } from './types.ts';

export interface ProvidersOptions {
  db: Database;
  broadcast: Broadcast;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
  tracing: Tracing;
  version: string;
  /** For tests, whose servers are on this machine. */
  input?: Omit<InputFetchRules, 'version'>;
}

export interface ProvidersServer extends Providers {
  readonly admin: ProvidersAdmin;
  /** Learns what the other processes have decided, and goes on doing so. */
  start(): void;
  /** Ends the connections to the providers; what is under way fails. */
  close(): Promise<void>;
}

/** How often the table is read where the others are heard, just in case; and where they are not. */
const heardIntervalMs = 15_000;
const unheardIntervalMs = 1_000;
const showIntervalMs = 5_000;

export function createProviders(options: ProvidersOptions): ProvidersServer {
  const { db, broadcast, logger, metrics, version, input } = options;
  const who = randomUUID();
  const registered = new Map<string, RegisteredProvider>();
  const board = createBreakerBoard(db);
  const sightings = createSightings(db);
  const providerMetrics = createProviderMetrics(metrics);
  const inputFetch = createInputFetch({ ...input, version });
  const parts = { ...options, who, board, metrics: providerMetrics, broadcast };
  let looking: Promise<void> | undefined;
  let lookedAt = 0;
  let shownAt = 0;
  let shown = '';
  let closed = false;
  let timer: NodeJS.Timeout | undefined;

  const endings = [
    broadcast.subscribe(breakerTopic, breakerRow, (row) => {
      registered.get(row.name)?.breaker.learn(row);
    }),
    broadcast.onGap(() => void look()),
  ];

  /** The table tells what may have been missed, and is told what it has missed. Never rejects. */
  function look(): Promise<void> {
    return (looking ??= lookNow().finally(() => {
      looking = undefined;
    }));
  }

  async function lookNow(): Promise<void> {
    if (registered.size === 0 || closed) return;
    lookedAt = performance.now();
    try {
      await Promise.all([...registered.values()].map(({ breaker }) => breaker.catchUp()));
      const rows = await board.read([...registered.keys()]);
      const byName = new Map(rows.map((row) => [row.name, row]));
      for (const [name, { breaker }] of registered) breaker.learn(byName.get(name));
    } catch {
      // While it is away each process decides alone.
    }
  }

  /** Only where there is anything new to be seen. */
  async function show(): Promise<void> {
    shownAt = performance.now();
    const seen = new Map([...registered].map(([name, one]) => [name, one.sighting()]));
    const text = JSON.stringify([...seen]);
    if (text === shown || closed) return;
    await sightings.show(who, seen).then(
      () => {
        shown = text;
      },
      () => undefined,
    );
  }

  function tick(): void {
    const now = performance.now();
    const interval = broadcast.connected ? heardIntervalMs : unheardIntervalMs;
    if (now - lookedAt >= interval) void look();
    if (now - shownAt >= showIntervalMs) void show();
  }

  return {
    create(definition) {
      const whole = complete(definition);
      if (registered.has(whole.name)) throw new Error(`There is a provider ${whole.name} already`);
      const one = registerProvider(whole, parts);
      registered.set(whole.name, one);
      // One that comes late has missed the first look.
      if (timer !== undefined) void look();
      return one.provider;
    },
    fetchFromInput: (url, fetchOptions) => inputFetch.fetch(url, fetchOptions),
    start() {
      void look();
      timer = setInterval(tick, unheardIntervalMs).unref();
    },
    async close() {
      closed = true;
      clearInterval(timer);
      for (const end of endings) end();
      await Promise.all([
        looking,
        inputFetch.close(),
        ...[...registered.values()].map(({ provider }) => provider.close()),
      ]);
    },
    admin: {
      async list() {
        let others = new Map<string, Sighting[]>();
        try {
          others = await sightings.read(who);
        } catch (error) {
          logger.warn({ err: error }, 'What other processes see of the providers is not known');
        }
        return [...registered].map(([name, one]) => one.state(others.get(name) ?? []));
      },
      async reset(name) {
        const one = registered.get(name);
        if (one === undefined) return false;
        await one.breaker.reset();
        return true;
      },
    },
  };
}
