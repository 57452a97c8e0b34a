import { defineClaim } from '../claim.ts';
import { miscounted, withStand } from '../jobs/stand.ts';
import { grouped } from '../measure/summary.ts';

const workers = 4;
const jobs = 10_000;
const transactions = 400;

export default defineClaim({
  id: 'jobs-none-lost',
  phase: 5,
  claim:
    'Four workers do ten thousand jobs, each once; a job that was enqueued in a transaction runs exactly where that was committed.',
  bound: `${grouped(jobs)} jobs and ${transactions} transactions, half of them rolled back: none lost, none doubled, none out of nothing`,
  seconds: 30,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const { server, db } = stand;
      await Promise.all(Array.from({ length: workers }, () => stand.startWorker()));
      const keys = Array.from({ length: jobs }, (_, index) => `job ${index}`);
      const startedAt = performance.now();
      for (let first = 0; first < jobs; first += 500)
        await server.enqueueAll(
          stand.kinds.short,
          keys.slice(first, first + 500).map((key) => ({ payload: { key } })),
        );

      const committed: string[] = [];
      for (let index = 0; index < transactions; index += 1) {
        const key = `transaction ${index}`;
        const rolledBack = Math.random() < 0.5;
        const work = db.asService(async (tx) => {
          await server.enqueue(stand.kinds.short, { key }, { tx });
          if (rolledBack) throw new Error('rolled back');
        });
        await (rolledBack ? work.catch(() => undefined) : work);
        if (!rolledBack) committed.push(key);
      }
      surroundings.progress('all are enqueued');
      const done = await stand.until(
        async () =>
          (await stand.column(`select 1 from pgboss.job where state < 'completed' limit 1`))
            .length === 0,
        120_000,
      );
      const seconds = (performance.now() - startedAt) / 1_000;
      const faults = await miscounted(stand, [...keys, ...committed]);
      const [twice = 0] = await stand.column<number>(
        'select count(*)::int from pgboss.job where retry_count > 0',
      );
      return {
        figure: `${grouped(jobs + committed.length)} jobs by ${workers} workers in ${seconds.toFixed(1)} s, ${transactions - committed.length} rolled back; ${faults.length} with an effect too many or too few, ${twice} tried twice`,
        holds: done && faults.length === 0,
        faults: faults.slice(0, 10),
      };
    }),
});
