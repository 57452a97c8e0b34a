/**
 * What a cached answer costs against the load that it saves, JSON over HTTP from this machine (bound: 100 times less), and how
 * much memory a full cache takes of its limit (bound: the limit).
 */
import { measureCacheMemory, timeCachedAnswers } from './contests/cached-answers.ts';
import { median, row } from './support/statistics.ts';
import { withStack } from '../support/with-stack.ts';

const boundRatio = 100;

await withStack(async (stack) => {
  const { memory, table, load } = await timeCachedAnswers(stack.database.url);
  console.log(row('from memory', memory, 'µs', 2));
  console.log(row('from the table', table, 'µs'));
  console.log(row('loaded', load, 'µs'));
  const ratio = median(load) / median(memory);
  console.log(`  memory against load: ${ratio.toFixed(0)} x`);
  if (ratio < boundRatio) process.exitCode = 1;
});
for (const { shape, ofLimit, entries } of await measureCacheMemory()) {
  console.log(
    `  ${shape.padEnd(34)} ${(100 * ofLimit).toFixed(0)} % of the limit, ${entries} entries`,
  );
  if (ofLimit > 1) process.exitCode = 1;
}
