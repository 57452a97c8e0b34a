import type { Logger } from '../../kernel/logging/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { percentile } from './latency.ts';
import type { Overview, Point, ProcessState, Sessions } from './overview-schema.ts';
import type { People } from './people.ts';
import type { OperationsRepository, Step } from './repository.ts';

export type OperationsService = ReturnType<typeof createOperationsService>;

/** Of each process. */
const mostSockets = 200;
const recentErrors = 10;
const mostPoints = 120;

/** A whole number of samples, two at least, and no more points than a chart can show. */
const stepSecondsOf = (minutes: number, sampleSeconds: number): number =>
  Math.max(2, Math.ceil((minutes * 60) / mostPoints / sampleSeconds)) * sampleSeconds;

export function createOperationsService(services: {
  admin: KernelAdmin;
  repository: OperationsRepository;
  people: People;
  /** This process as it would be told of. */
  ownProcess: () => ProcessState;
  sampleSeconds: number;
  logger: Logger;
}) {
  const { admin, repository, people, ownProcess, sampleSeconds, logger } = services;

  /** Parts stand for themselves: an operator looks most when something is broken. */
  async function orNull<T>(part: string, reading: Promise<T>): Promise<T | null> {
    try {
      return await reading;
    } catch (error) {
      logger.warn({ err: error, part }, 'A part of the overview cannot be read');
      return null;
    }
  }

  /** However many look, and however often they are told to: each part is read once a second. */
  const series = onceASecond((minutes: number) =>
    orNull('series', repository.series(minutes, stepSecondsOf(minutes, sampleSeconds))),
  );
  const queues = onceASecond(() => orNull('queues', admin.jobs.queues()));
  const providers = onceASecond(() => orNull('providers', admin.providers.list()));

  /** With what this process knows of itself, which may not have been written yet. */
  async function processes(): Promise<ProcessState[] | null> {
    const rows = await orNull('processes', repository.processes(3.5 * sampleSeconds));
    const own = ownProcess();
    return rows && [own, ...rows.filter(({ id }) => id !== own.id)];
  }

  return {
    async overview(minutes: number): Promise<Overview> {
      const stepSeconds = stepSecondsOf(minutes, sampleSeconds);
      const [health, ofProcesses, steps, ofQueues, ofProviders, errors] = await Promise.all([
        admin.health.report(),
        processes(),
        series(minutes),
        queues(undefined),
        providers(undefined),
        orNull('logs', admin.logs.search({ level: 'error', limit: recentErrors })),
      ]);
      return {
        health,
        version: admin.process.version,
        processes: ofProcesses,
        stepSeconds,
        series: steps?.map(pointOf) ?? null,
        queues: ofQueues,
        providers: ofProviders,
        recentErrors: errors?.rows ?? null,
      };
    },

    async sessions(): Promise<Sessions> {
      const [{ processes: answers, complete }, known] = await Promise.all([
        admin.sessions.list(mostSockets),
        processes(),
      ]);
      const totals = new Map(answers.map(({ processId, total }) => [processId, total]));
      const sockets = answers.flatMap((answer) => answer.sockets);
      return {
        complete,
        processes: (known ?? [ownProcess()]).map((process) => ({
          ...process,
          sockets: totals.get(process.id) ?? process.sockets,
        })),
        sockets: await people.named(sockets, ({ userId, ...socket }, named) => ({
          ...socket,
          user: named(userId),
        })),
      };
    },
  };
}

const aSecondMs = 1_000;

/** Of each key, one reading a second. There are as many keys as a chart has ranges. */
function onceASecond<K, T>(read: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const latest = new Map<K, { at: number; reading: Promise<T> }>();
  return (key) => {
    const now = performance.now();
    for (const [old, { at }] of latest) if (now - at > aSecondMs) latest.delete(old);
    const known = latest.get(key);
    if (known) return known.reading;
    const reading = read(key);
    latest.set(key, { at: now, reading });
    return reading;
  };
}

function pointOf({ latency, ...step }: Step): Point {
  return {
    ...step,
    p50Ms: percentile(latency, 0.5),
    p95Ms: percentile(latency, 0.95),
    p99Ms: percentile(latency, 0.99),
  };
}
