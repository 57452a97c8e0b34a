import { hostname } from 'node:os';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Metrics } from '../../kernel/metrics/index.ts';
import type { ProcessIdentity } from '../../kernel/module/index.ts';
import { readCounts, type Counts } from './own-metrics.ts';
import type { ProcessState } from './overview-schema.ts';
import type { OperationsRepository, Sample } from './repository.ts';

export interface Sampler {
  start(): void;
  stop(): Promise<void>;
  /** This process as it is now. */
  process(): ProcessState;
}

const writeTimeoutMs = 2_000;
/** All processes sample at the same moment, but do not write at the same one. */
const spreadMs = 300;
const loopResolutionMs = 10;

/**
 * Tells the database every few seconds how this process is, so that charts are over all processes and survive them. While
 * the database is away nothing is kept: the next sample is about the whole time since the last one that was written.
 */
export function createSampler(options: {
  identity: ProcessIdentity;
  metrics: Metrics;
  repository: Pick<OperationsRepository, 'write'>;
  retentionHours: number;
  sampleSeconds: number;
  onWritten: () => void;
  logger: Logger;
}): Sampler {
  const { identity, metrics, repository, retentionHours, onWritten, logger } = options;
  const { id, role, version } = identity;
  const everyMs = options.sampleSeconds * 1_000;
  const startedAt = new Date(Date.now() - process.uptime() * 1_000);
  const about = { id, role, version, pid: process.pid, host: hostname(), startedAt };
  const loop = monitorEventLoopDelay({ resolution: loopResolutionMs });
  const stopping = new AbortController();
  let sockets = 0;
  let written: Counts | undefined;
  let failing = false;
  let running: Promise<void> | undefined;

  async function sample(at: Date): Promise<void> {
    const counts = await readCounts(metrics);
    sockets = counts.sockets;
    const before = written;
    const eventLoopMs = Math.max(
      0,
      Math.round(loop.percentile(99) / 1e5 - loopResolutionMs * 10) / 10,
    );
    loop.reset();
    const row: Sample = {
      process: about,
      at,
      requests: counts.requests - (before?.requests ?? 0),
      errors: counts.errors - (before?.errors ?? 0),
      latency: counts.latency.map((count, bucket) => count - (before?.latency[bucket] ?? 0)),
      eventLoopMs,
      sockets,
      jobsRunning: counts.jobsRunning,
    };
    try {
      await repository.write(row, retentionHours, writeTimeoutMs);
      written = counts;
      failing = false;
      onWritten();
    } catch (error) {
      if (!failing) logger.warn({ err: error }, 'How this process is cannot be written');
      failing = true;
    }
  }

  async function run(signal: AbortSignal): Promise<void> {
    // At once, so that operators see a process from its start.
    await sample(new Date());
    while (!signal.aborted) {
      const untilNext = everyMs - (Date.now() % everyMs);
      await wait(untilNext + Math.random() * spreadMs, undefined, { signal, ref: false });
      await sample(new Date(Math.floor(Date.now() / everyMs) * everyMs));
    }
  }

  return {
    start() {
      loop.enable();
      running = run(stopping.signal).catch((error: unknown) => {
        if (!stopping.signal.aborted) logger.error({ err: error }, 'The sampler has ended');
      });
    },
    async stop() {
      stopping.abort();
      loop.disable();
      await running;
    },
    process: () => ({ ...about, seenAt: new Date(), alive: true, sockets }),
  };
}
