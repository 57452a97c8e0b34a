/** From the start of the process to `ready`, the built server against a running Postgres. Bound: 1.5 s. */
import { startServerProcess } from '../../backend/test/support/server-process.ts';
import { median, row } from './support/statistics.ts';
import { withStack } from '../support/with-stack.ts';

const runs = 9;
const boundMs = 1_500;

await withStack(async (stack) => {
  const times: number[] = [];
  // The first run fills the operating system's file cache and is not counted.
  for (let run = 0; run <= runs; run += 1) {
    const startedAt = performance.now();
    const server = await startServerProcess('backend/dist/index.js', stack.environment);
    if (run > 0) times.push(performance.now() - startedAt);
    server.child.kill('SIGTERM');
    await server.ended;
  }
  console.log(row('boot to ready', times, 'ms'));
  if (median(times) > boundMs) process.exitCode = 1;
});
