import type { Express } from 'express';
import type { KernelConfig } from './kernel/config/index.ts';
import type { Database } from './kernel/db/index.ts';
import type { Logger, LogTap } from './kernel/logging/index.ts';
import type { Metrics } from './kernel/metrics/index.ts';
import type { Module } from './kernel/module/index.ts';
import type { EventLoopSampler } from './kernel/overload/index.ts';
import type { Scrubber } from './kernel/privacy/index.ts';
import type { ErrorReporter } from './kernel/telemetry/index.ts';

export type Role = 'api' | 'worker';

export interface AppOptions {
  config: KernelConfig;
  modules: readonly Module[];
  /** What each module's own section of the configuration gave, by module name. */
  settings: Readonly<Record<string, unknown>>;
  logger: Logger;
  /** Where the logger's lines can be had, to be stored. */
  logTap: LogTap;
  version: string;
  /** What leaves the process goes through it; one with the rules of the house by default. */
  scrubber?: Scrubber;
  /** Is told of errors on our side; nobody by default. */
  reporter?: ErrorReporter;
  /** `worker`: does jobs and listens nowhere. Default `api`. */
  role?: Role;
  /** Stands in for the one made from the configuration, in tests. */
  database?: Database;
  /** The same for what watches the event loop. */
  eventLoop?: EventLoopSampler;
  /** Where the built console lies; `admin/dist` of this checkout by default. */
  consoleDirectory?: string;
}

export interface App {
  readonly express: Express;
  readonly metrics: Metrics;
  /** Resolves with the port once requests and sockets are served; with 0 where jobs are all it does. */
  start(): Promise<number>;
  /** Resolves with whether every phase was clean. */
  stop(): Promise<boolean>;
}
