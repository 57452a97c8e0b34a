import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import { withStand } from '../jobs/stand.ts';
import { milliseconds } from '../measure/summary.ts';

const jobs = 300;
const boundMs = 20;

export default defineClaim({
  id: 'jobs-start-quickly',
  phase: 5,
  claim:
    'A job is started by another process within 20 ms of being enqueued: idle workers are told of it, they do not have to look.',
  bound: `p50 below ${milliseconds(boundMs)}`,
  seconds: 15,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      await Promise.all([stand.startWorker(), stand.startWorker()]);
      for (let index = 0; index < jobs; index += 1) {
        surroundings.signal.throwIfAborted();
        const sentAt = performance.timeOrigin + performance.now();
        await stand.server.enqueue(stand.kinds.started, { key: `job ${index}`, sentAt });
        await wait(20 + Math.random() * 20);
      }
      const all = async () =>
        (await stand.column(`select 1 from public.job_attempts`)).length >= jobs;
      if (!(await stand.until(all, 30_000))) throw new Error('Not every job was started');
      const [p50 = 0, p99 = 0] = await stand.column<number>(
        `select unnest(percentile_cont(array[0.5, 0.99]) within group (order by delay_ms)) from public.job_attempts`,
      );
      return {
        figure: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} over ${jobs} jobs`,
        holds: p50 < boundMs,
      };
    }),
});
