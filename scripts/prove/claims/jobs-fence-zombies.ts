import { defineClaim } from '../claim.ts';
import { miscounted, withStand } from '../jobs/stand.ts';

const jobs = 8;
/** So that each is under way when its worker is stopped, and ends soon after it goes on. */
const jobMs = 1_500;

export default defineClaim({
  id: 'jobs-fence-zombies',
  phase: 5,
  claim:
    'A worker that stands still past its lease (SIGSTOP) and then goes on cannot complete what another worker has done meanwhile.',
  bound: `${jobs} jobs, each effect exactly once, each tried by both workers`,
  seconds: 25,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const keys = Array.from({ length: jobs }, (_, index) => `job ${index}`);
      const zombie = await stand.startWorker();
      await stand.server.enqueueAll(
        stand.kinds.effect,
        keys.map((key) => ({ payload: { key, ms: jobMs } })),
      );
      await stand.until(
        async () => (await stand.column('select key from public.job_attempts')).length === jobs,
        10_000,
      );
      zombie.signal('SIGSTOP');
      surroundings.progress('the worker stands still, its lease has to lapse');
      await stand.startWorker();
      const done = await stand.until(
        async () => (await stand.column('select key from public.job_effects')).length === jobs,
        30_000,
      );
      zombie.signal('SIGCONT');
      // It wakes in the middle of its jobs, and tries to commit each.
      surroundings.progress('it goes on');
      await new Promise((resolve) => setTimeout(resolve, jobMs + 2_000));
      const faults = await miscounted(stand, keys);
      const both = await stand.column<string>(
        'select key from public.job_attempts group by key having count(distinct pid) = 2',
      );
      return {
        figure: `${jobs} jobs taken over, ${faults.length} with an effect too many or too few`,
        holds: done && faults.length === 0 && both.length === jobs,
        faults,
      };
    }),
});
