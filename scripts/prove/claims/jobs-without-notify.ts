import { startFaultProxy } from '../fault-proxy.ts';
import { defineClaim } from '../claim.ts';
import { withStand, type JobsStand } from '../jobs/stand.ts';
import { milliseconds } from '../measure/summary.ts';

const pollMs = 1_500;
/** A worker looks a tenth of the interval sooner or later than it says, and then the job has to be started. */
const boundMs = pollMs * 1.1 + 500;
const jobs = 5;
const faults = ['swallow', 'reset'] as const;

export default defineClaim({
  id: 'jobs-without-notify',
  phase: 5,
  claim:
    'Where the word of a job is lost, because the listening connection is half open or gone, the job is started all the same within the poll interval.',
  bound: `${jobs} jobs with each fault, none later than ${milliseconds(boundMs)} at a poll interval of ${milliseconds(pollMs)}`,
  seconds: 25,
  measure: (surroundings) =>
    withStand(surroundings, async (stand) => {
      const proxy = await startFaultProxy(surroundings.stack.database.url);
      try {
        const worker = await stand.startWorker({ pollMs, listenUrl: proxy.url });
        const told = await delays(stand, 'told', 3);
        const worst: string[] = [];
        let slowest = 0;
        for (const fault of faults) {
          surroundings.progress(`the listening connection: ${fault}`);
          // Until then connections are refused, so that it does not come back.
          if (fault === 'reset') proxy.refuse();
          proxy[fault]();
          const late = await delays(stand, fault, jobs);
          slowest = Math.max(slowest, ...late);
          worst.push(
            `${fault === 'swallow' ? 'half open' : 'gone'} ${milliseconds(Math.max(...late))}`,
          );
        }
        return {
          figure: `slowest start: ${worst.join(', ')}; told ${milliseconds(Math.max(...told))}`,
          holds: slowest <= boundMs,
          faults: [worker.output()].filter((text) => text !== ''),
        };
      } finally {
        await proxy.close();
      }
    }),
});

/** From the enqueueing to the start, one job after the other. */
async function delays(stand: JobsStand, name: string, count: number): Promise<number[]> {
  const found: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const key = `${name} ${index}`;
    await stand.server.enqueue(stand.kinds.started, {
      key,
      sentAt: performance.timeOrigin + performance.now(),
    });
    const select = 'select delay_ms from public.job_attempts where key = $1';
    let delay: number | undefined;
    const came = await stand.until(async () => {
      [delay] = await stand.column<number>(select, [key]);
      return delay !== undefined;
    }, 60_000);
    if (!came) throw new Error(`${key} was never started`);
    found.push(delay ?? Infinity);
  }
  return found;
}
