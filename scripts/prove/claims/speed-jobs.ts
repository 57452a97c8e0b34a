import { jobThroughput } from '../../bench/contests/job-throughput.ts';
import { median } from '../../bench/support/statistics.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const ofBare = 0.9;

export default defineClaim({
  id: 'speed-jobs',
  phase: 4,
  claim:
    'Jobs with validated payloads, leases, log context, metrics and completion one by one go through at no less than 0.9 of the rate of the bare library.',
  bound: `at least ${ofBare} × bare pg-boss, in one process at the same batch size`,
  seconds: 20,
  async measure({ stack, progress }) {
    const { bulwark, bare } = await jobThroughput(stack, { jobs: 15_000, rounds: 5, progress });
    const ratio = median(bulwark) / median(bare);
    return {
      figure: `${ratio.toFixed(2)} × pg-boss: ${grouped(Math.round(median(bulwark)))} jobs a second against ${grouped(Math.round(median(bare)))}`,
      holds: ratio >= ofBare,
    };
  },
});
