/** One recipe under row-level security, against the same SELECT by a bare pool in bare Express. Bound: 0.6 x. */
import { rowLevelRead } from './contests/row-level-read.ts';
import { printStandings } from './support/contest.ts';
import { withBuiltServer } from './support/with-built-server.ts';

await withBuiltServer(async (stack, startServer) => {
  printStandings(await rowLevelRead(stack, startServer));
});
