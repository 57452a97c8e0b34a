import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim, type Surroundings } from '../claim.ts';
import { miscounted, withStand, type JobsStand } from '../jobs/stand.ts';
import { grouped } from '../measure/summary.ts';

const kills = 100;
const workers = 5;
/** Some kills come before the work, within it, within its commit and after it. */
const longestJobMs = 150;
const longestLifeMs = 1_200;
const leaseSeconds = 10;
const backWithinSeconds = leaseSeconds + 5;
/** Jobs that lie ready, so that no worker is idle when it is killed. */
const kept = 300;

export default defineClaim({
  id: 'jobs-survive-kills',
  phase: 5,
  claim:
    'Workers that are killed with SIGKILL at random points lose no job and double no effect; what they held is with another worker when their lease and five seconds have passed.',
  bound: `${kills} kills of ${workers} workers; each effect exactly once; back within ${backWithinSeconds} s`,
  seconds: 75,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const keys: string[] = [];
      const killedAt = new Map<number, number>();
      const killing = killAll(surroundings, stand, killedAt);
      const over = { is: false };
      void killing.finally(() => (over.is = true)).catch(() => undefined);
      while (!over.is) {
        await fill(stand, keys);
        await wait(100);
      }
      await killing;
      await Promise.all([stand.startWorker(), stand.startWorker()]);
      const done = await stand.until(
        async () =>
          (await stand.column(`select 1 from pgboss.job where state < 'completed' limit 1`))
            .length === 0,
        60_000,
      );
      const faults = await miscounted(stand, keys);
      const back = await timesToBack(stand, killedAt);
      const slowest = Math.max(...back);
      return {
        figure: `${killedAt.size} kills, ${grouped(keys.length)} jobs, ${faults.length} with an effect too many or too few; ${back.length} were cut short, the last was back after ${slowest.toFixed(1)} s`,
        holds: done && faults.length === 0 && back.length > 0 && slowest <= backWithinSeconds,
        faults: [...faults.slice(0, 10), ...(done ? [] : ['not all jobs were done at the end'])],
      };
    }),
});

async function fill(stand: JobsStand, keys: string[]): Promise<void> {
  const [waiting = 0] = await stand.column<number>(
    `select count(*)::int from pgboss.job where state = 'created'`,
  );
  if (waiting >= kept) return;
  const items = Array.from({ length: kept }, (_, index) => ({
    payload: { key: `job ${keys.length + index}`, ms: Math.floor(Math.random() * longestJobMs) },
  }));
  await stand.server.enqueueAll(stand.kinds.effect, items);
  keys.push(...items.map(({ payload }) => payload.key));
}

/** Each worker on its own, until all kills are made. */
async function killAll(
  { progress, signal }: Surroundings,
  stand: JobsStand,
  killedAt: Map<number, number>,
): Promise<void> {
  let begun = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (begun < kills) {
        begun += 1;
        signal.throwIfAborted();
        const worker = await stand.startWorker();
        await wait(Math.random() * longestLifeMs);
        worker.signal('SIGKILL');
        killedAt.set(worker.pid, Date.now());
        await worker.ended;
        progress(`${killedAt.size} of ${kills} kills`);
      }
    }),
  );
}

/** From each kill to the next attempt at what it cut short, in seconds. */
async function timesToBack(
  stand: JobsStand,
  killedAt: ReadonlyMap<number, number>,
): Promise<number[]> {
  const { rows } = await stand.client.query<{ pid: number; next: Date }>(
    `select pid, next from (
       select pid, lead(at) over (partition by key order by attempt, at) as next from public.job_attempts
     ) as attempts where next is not null`,
  );
  return rows.flatMap(({ pid, next }) => {
    const at = killedAt.get(pid);
    return at === undefined ? [] : [(next.getTime() - at) / 1_000];
  });
}
