import { randomUUID } from 'node:crypto';
import { PgBoss } from 'pg-boss';
import type { TestStack } from '../../../backend/test/support/stack.ts';

/** Both sides take so many at a time. */
const batch = 250;
/** As many as the built queue has. */
const connections = 4;

export interface ThroughputRules {
  jobs: number;
  rounds: number;
  progress?: (text: string) => void;
}

/** Jobs a second of each round. */
export interface Throughput {
  bulwark: number[];
  bare: number[];
}

interface Contestant {
  name: keyof Throughput;
  enqueue(count: number): Promise<void>;
  /** Does what lies in the queue; resolves when `count` jobs were handled. */
  work(count: number): Promise<void>;
}

/** Jobs that do nothing, by Bulwark's workers and by those of the bare library, in turn: a process, a database, a batch size. */
export async function jobThroughput(stack: TestStack, rules: ThroughputRules): Promise<Throughput> {
  const { startBulwark } = await import('./job-throughput-bulwark.ts');
  const bare = await startBare(stack.database.url);
  const bulwark = await startBulwark(stack.database.url, batch);
  const found: Throughput = { bulwark: [], bare: [] };
  try {
    for (let round = 0; round <= rules.rounds; round += 1) {
      // Who comes second finds warmer caches and a longer table.
      const order = round % 2 === 0 ? [bare, bulwark] : [bulwark, bare];
      for (const contestant of order) {
        await contestant.enqueue(rules.jobs);
        const startedAt = performance.now();
        await contestant.work(rules.jobs);
        const rate = rules.jobs / ((performance.now() - startedAt) / 1_000);
        rules.progress?.(`${contestant.name}: ${Math.round(rate)} jobs a second`);
        // The first round warms up.
        if (round > 0) found[contestant.name].push(rate);
      }
    }
  } finally {
    await bulwark.close();
    await bare.close();
  }
  return found;
}

async function startBare(url: string): Promise<Contestant & { close(): Promise<void> }> {
  const name = 'bench.bare';
  const boss = new PgBoss({
    connectionString: url,
    schema: 'pgboss',
    migrate: false,
    createSchema: false,
    schedule: false,
    supervise: false,
    max: connections,
  });
  await boss.start();
  // The same queue: one job of a key, leases, a word to who listens.
  await boss.createQueue(name, { policy: 'exclusive', heartbeatSeconds: 10, notify: true });
  return {
    name: 'bare',
    async enqueue(count) {
      const jobs = Array.from({ length: count }, (_, index) => ({
        data: { v: 1, requestId: randomUUID(), payload: { index } },
        singletonKey: randomUUID(),
      }));
      await boss.insert(name, jobs);
    },
    async work(count) {
      let handled = 0;
      const all = Promise.withResolvers<undefined>();
      await boss.work(name, { batchSize: batch, burstWhenBatchFull: true }, (jobs) => {
        handled += jobs.length;
        if (handled === count) all.resolve(undefined);
        return Promise.resolve();
      });
      await all.promise;
      // The last batch is completed, too.
      await boss.offWork(name, { wait: true });
    },
    close: () => boss.stop({ graceful: false }),
  };
}
