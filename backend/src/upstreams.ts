import { createAuthAdmin, type AuthAdmin } from './kernel/auth/index.ts';
import { createBroadcast, type Broadcast, type BroadcastServer } from './kernel/broadcast/index.ts';
import { createCaches, createCacheStore, type Caches } from './kernel/cache/index.ts';
import type { KernelConfig } from './kernel/config/index.ts';
import type { Database } from './kernel/db/index.ts';
import { createEntitlements, type Entitlements } from './kernel/entitlements/index.ts';
import { createFlags, type FlagsServer } from './kernel/flags/index.ts';
import type { Logger } from './kernel/logging/index.ts';
import type { Metrics } from './kernel/metrics/index.ts';
import type { Scrubber } from './kernel/privacy/index.ts';
import type { Redis } from './kernel/redis/index.ts';
import { createProviders, type ProvidersServer } from './kernel/resilience/index.ts';
import type { Tracing } from './kernel/telemetry/index.ts';

/** A server need not wait for its neighbours: what does not stand by then stands later. */
const connectPatienceMs = 3_000;

export interface UpstreamsOptions {
  config: KernelConfig;
  db: Database;
  redis: Redis | undefined;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
  tracing: Tracing;
  version: string;
}

/** What has to do with other people's APIs, and what processes tell each other. */
export interface Upstreams {
  broadcast: Broadcast;
  providers: ProvidersServer;
  cache: Caches;
  flags: FlagsServer;
  /** What users have bought, heard of by all processes. */
  entitlements: Entitlements;
  authAdmin: AuthAdmin;
  /** Resolves when the other processes are heard, after some seconds otherwise, or when the signal fires. */
  start(signal: AbortSignal): Promise<void>;
  /** Ends what it does by itself. */
  endBackground(): Promise<void>;
  /** Nothing is said to other processes any more. */
  close(): Promise<void>;
}

export function createUpstreams(options: UpstreamsOptions): Upstreams {
  const { config, db, redis, logger, metrics } = options;
  const { listenUrl } = config.database;
  const broadcast: BroadcastServer = createBroadcast({ redis, listenUrl, logger, metrics });
  const providers = createProviders({ ...options, broadcast });
  const store = createCacheStore({ db, redis });
  const cache = createCaches(config.cache, { store, broadcast, logger, metrics });
  const flags = createFlags({ db, broadcast, logger, metrics });
  const entitlements = createEntitlements({ config: config.entitlements, broadcast, metrics });
  return {
    broadcast,
    providers,
    cache,
    flags,
    entitlements,
    authAdmin: createAuthAdmin({ config: config.auth, providers }),
    async start(signal) {
      await Promise.all([
        broadcast.start(AbortSignal.any([signal, AbortSignal.timeout(connectPatienceMs)])),
        flags.start(),
      ]);
      providers.start();
    },
    async endBackground() {
      entitlements.close();
      flags.close();
      await Promise.all([providers.close(), cache.close()]);
    },
    close: () => broadcast.close(),
  };
}
