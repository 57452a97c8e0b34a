import { measureCacheMemory, timeCachedAnswers } from '../../bench/contests/cached-answers.ts';
import { median } from '../../bench/support/statistics.ts';
import { defineClaim } from '../claim.ts';

const ratioBound = 100;

export default defineClaim({
  id: 'cache-is-quick-and-bounded',
  phase: 4,
  claim:
    'A cached answer costs less than a hundredth of the load that it saves, a JSON answer over HTTP from the same machine; a full cache takes no more memory than its limit, whatever the values look like.',
  bound: `at least ${ratioBound} ×; at most 100 % of the limit`,
  seconds: 15,
  async measure({ stack, progress }) {
    progress('answers from memory, from the table and by the load');
    const { memory, table, load } = await timeCachedAnswers(stack.database.url);
    const ratio = median(load) / median(memory);
    progress('four times as much as fits');
    const shapes = await measureCacheMemory();
    const worst = Math.max(...shapes.map(({ ofLimit }) => ofLimit));
    return {
      figure: `${median(memory).toFixed(1)} µs from memory, ${median(table).toFixed(0)} µs from the table, ${median(load).toFixed(0)} µs loaded: ${ratio.toFixed(0)} ×; at most ${(100 * worst).toFixed(0)} % of the limit`,
      holds: ratio >= ratioBound && worst <= 1,
      faults: shapes.map(({ shape, ofLimit }) => `${shape}: ${(100 * ofLimit).toFixed(0)} %`),
    };
  },
});
