/** Jobs that do nothing, in batches of 250, against the bare pg-boss in the same process. Bound: 0.9 x. */
import { jobThroughput } from './contests/job-throughput.ts';
import { median } from './support/statistics.ts';
import { withBuiltServer } from './support/with-built-server.ts';

await withBuiltServer(async (stack) => {
  const { bulwark, bare } = await jobThroughput(stack, {
    jobs: 15_000,
    rounds: 5,
    progress: (text) => {
      console.log(text);
    },
  });
  const ratio = median(bulwark) / median(bare);
  console.log(
    `Bulwark ${Math.round(median(bulwark))}/s, pg-boss ${Math.round(median(bare))}/s: ${ratio.toFixed(2)} x (bound 0.9)`,
  );
});
