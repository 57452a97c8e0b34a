import type { Broadcast } from '../broadcast/index.ts';
import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Tracing } from '../telemetry/index.ts';
import type { Providers, ProvidersAdmin } from './types.ts';

export interface ProvidersOptions {
  db: Database;
  broadcast: Broadcast;
  logger: Logger;
  metrics: Metrics;
  scrubber: Scrubber;
  tracing: Tracing;
  version: string;
}

export interface ProvidersServer extends Providers {
  readonly admin: ProvidersAdmin;
  /** Learns what the other processes have decided so far. */
  start(): void;
  close(): Promise<void>;
}

export function createProviders(_options: ProvidersOptions): ProvidersServer {
  return {
    create() {
      throw new Error('Not built yet');
    },
    fetchFromInput: () => Promise.reject(new Error('Not built yet')),
    admin: { list: () => Promise.resolve([]), reset: () => Promise.resolve(false) },
    start: () => undefined,
    close: () => Promise.resolve(),
  };
}
