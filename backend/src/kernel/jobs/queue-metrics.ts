import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { jobStates, type JobsAdmin, type QueueState } from './admin-types.ts';

/** All gauges of a scrape, and scrapes close to each other, read the queues once. */
const readAtMostEveryMs = 10_000;

/** The queues as they are in the database: every process tells the same. Nothing is told where they cannot be read. */
export function measureQueues(
  metrics: Metrics,
  { admin, open, logger }: { admin: JobsAdmin; open: () => boolean; logger: Logger },
): void {
  let readAt = -Infinity;
  let reading: Promise<readonly QueueState[]> = Promise.resolve([]);

  async function read(): Promise<readonly QueueState[]> {
    try {
      return await admin.queues();
    } catch (error) {
      logger.warn({ err: error }, 'The queues could not be measured');
      return [];
    }
  }
  function queues(): Promise<readonly QueueState[]> {
    if (!open()) return Promise.resolve([]);
    if (performance.now() - readAt > readAtMostEveryMs) {
      readAt = performance.now();
      reading = read();
    }
    return reading;
  }
  const gauge = (
    name: `bulwark_${string}`,
    help: string,
    value: (state: QueueState) => number,
  ): void => {
    metrics.gauge(
      name,
      help,
      async () =>
        (await queues()).map((state) => ({ labels: { queue: state.name }, value: value(state) })),
      ['queue'],
    );
  };

  metrics.gauge(
    'bulwark_queue_depth',
    'Jobs by their state; completed ones are those of the last 24 hours.',
    async () =>
      (await queues()).flatMap(({ name, counts }) =>
        jobStates.map((state) => ({ labels: { queue: name, state }, value: counts[state] })),
      ),
    ['queue', 'state'],
  );
  gauge(
    'bulwark_queue_oldest_seconds',
    'How long the job that is longest due has been waiting; 0 where none is.',
    ({ oldestSeconds }) => oldestSeconds ?? 0,
  );
  gauge(
    'bulwark_dead_letters',
    'Jobs that failed at their last attempt.',
    (state) => state.counts.dead,
  );
  gauge('bulwark_queue_paused', 'Whether the queue is paused: 1 or 0.', ({ paused }) =>
    Number(paused),
  );
}
