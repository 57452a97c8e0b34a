/** GET /api/v1/me with everything on, against a bare Express route with the same JSON. Bound: 0.6 x. */
import { authenticatedGet } from './contests/authenticated-get.ts';
import { printStandings } from './support/contest.ts';
import { withBuiltServer } from './support/with-built-server.ts';

await withBuiltServer(async (stack, startServer) => {
  printStandings(await authenticatedGet(stack, startServer, ['bare']));
});
