import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim, type Surroundings } from '../claim.ts';
import { miscounted, withStand, type JobsStand } from '../jobs/stand.ts';
import { grouped } from '../measure/summary.ts';

const kills = 100;
/** Beside one that nobody kills. */
const workers = 4;
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
    'Workers that are killed with SIGKILL at random points lose no job and double no effect; what they held is with another worker before their lease and five seconds have passed.',
  bound: `${kills} kills; each effect exactly once; back within ${backWithinSeconds} s of the last sign of life`,
  seconds: 75,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const keys: string[] = [];
      await stand.client.query(recording);
      await stand.startWorker();
      const killed = { count: 0 };
      const killing = killAll(surroundings, stand, killed);
      const over = { is: false };
      void killing.finally(() => (over.is = true)).catch(() => undefined);
      while (!over.is) {
        await fill(stand, keys);
        await wait(100);
      }
      await killing;
      const done = await stand.until(
        async () =>
          (await stand.column(`select 1 from pgboss.job where state < 'completed' limit 1`))
            .length === 0,
        60_000,
      );
      const faults = await miscounted(stand, keys);
      const back = await stand.column<number>(timesToBack);
      const slowest = Math.max(...back);
      return {
        figure: `${killed.count} kills, ${grouped(keys.length)} jobs, ${faults.length} with an effect too many or too few; ${back.length} were cut short, the last was back after ${slowest.toFixed(1)} s`,
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
  killed: { count: number },
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
        killed.count += 1;
        await worker.ended;
        progress(`${killed.count} of ${kills} kills`);
      }
    }),
  );
}

/** Writes down each claim, and each time one was taken from a worker that was silent. */
const recording = `
  create table public.job_claims (id uuid, attempt int, at timestamptz default clock_timestamp());
  create table public.job_lapses (id uuid, attempt int, silent_since timestamptz);
  create function public.record_job() returns trigger language plpgsql as $$ begin
    if new.state = 'active' and old.state <> 'active' then
      insert into public.job_claims (id, attempt) values (new.id, new.retry_count);
    elsif new.state = 'retry' and old.state = 'active' then
      insert into public.job_lapses values (old.id, old.retry_count, old.heartbeat_on);
    end if;
    return new;
  end $$;
  create trigger record_job after update on pgboss.job_common for each row execute function public.record_job()`;

/** From the last sign of life of each worker that held a job, which came before its kill, to the next claim of the job. */
const timesToBack = `
  select extract(epoch from claim.at - silent_since)::float
  from public.job_lapses as lapse
  join public.job_claims as claim on claim.id = lapse.id and claim.attempt = lapse.attempt + 1`;
