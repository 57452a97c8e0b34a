import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { launchServer, messageFrom } from '../../../backend/test/support/server-process.ts';
import type { Surroundings } from '../claim.ts';
import type * as Kinds from './kinds.ts';
import type { JobsPlace, OpenedJobs } from './open-jobs.ts';

export interface WorkerProcess {
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<number | string>;
  output(): string;
}

/** A queue that this process fills, and workers that are processes of their own. */
export interface JobsStand extends OpenedJobs {
  readonly client: Client;
  /** The jobs that its workers do. */
  readonly kinds: typeof Kinds;
  startWorker(place?: Partial<JobsPlace>): Promise<WorkerProcess>;
  /** The first column of each row. */
  column<T>(sql: string, values?: unknown[]): Promise<T[]>;
  /** Looks until it is so, for at most `patienceMs`; false where it was not. */
  until(isSo: () => Promise<boolean>, patienceMs: number): Promise<boolean>;
}

export async function openStand({ stack, signal }: Surroundings): Promise<JobsStand> {
  // They come from the build, which is made after the claims were read.
  const kinds = await import('./kinds.ts');
  const { openJobs } = await import('./open-jobs.ts');
  const databaseUrl = stack.database.url;
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(kinds.jobTables);
  const jobs = await openJobs({ databaseUrl }, false, kinds.proveHandlers);
  const workers = new Set<WorkerProcess>();

  return {
    ...jobs,
    client,
    kinds,
    async startWorker(place = {}) {
      const launched = launchServer('scripts/prove/servers/job-worker.ts', {
        JOBS_PLACE: JSON.stringify({ databaseUrl, ...place }),
      });
      const first = await Promise.race([messageFrom(launched.child, 'ready'), launched.ended]);
      if (first !== 'ready') throw new Error(`A worker ended with ${first}: ${launched.output()}`);
      const worker: WorkerProcess = {
        pid: launched.child.pid ?? 0,
        signal: (name) => launched.child.kill(name),
        ended: launched.ended,
        output: launched.output,
      };
      workers.add(worker);
      void worker.ended.then(() => workers.delete(worker));
      return worker;
    },
    async column<T>(sql: string, values: unknown[] = []) {
      const { rows } = await client.query<unknown[]>({ text: sql, values, rowMode: 'array' });
      return rows.map(([first]) => first as T);
    },
    async until(isSo, patienceMs) {
      const giveUpAt = performance.now() + patienceMs;
      while (!(await isSo())) {
        signal.throwIfAborted();
        if (performance.now() > giveUpAt) return false;
        await wait(50);
      }
      return true;
    },
    async close() {
      for (const worker of workers) {
        worker.signal('SIGKILL');
        await worker.ended;
      }
      await client.end();
      await jobs.close();
    },
  };
}

/** A stand for one claim, ended behind it. */
export async function withStand<T>(
  surroundings: Surroundings,
  use: (stand: JobsStand) => Promise<T>,
): Promise<T> {
  const stand = await openStand(surroundings);
  try {
    return await use(stand);
  } finally {
    await stand.close();
  }
}

/** Each key that has not exactly one effect. */
export async function miscounted(stand: JobsStand, keys: readonly string[]): Promise<string[]> {
  return stand.column<string>(
    `select key || ': ' || count(effect.key) || ' effects'
     from unnest($1::text[]) as wanted (key) full join public.job_effects as effect using (key)
     group by key, wanted.key having count(effect.key) <> 1 or wanted.key is null`,
    [keys],
  );
}
