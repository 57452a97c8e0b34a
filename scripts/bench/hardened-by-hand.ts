/** GET /api/v1/me, against the same hardening from helmet, cors, express-rate-limit, pino-http and jose. Bound: 4 x. */
import { authenticatedGet } from './contests/authenticated-get.ts';
import { printStandings } from './support/contest.ts';
import { withBuiltServer } from './support/with-built-server.ts';

await withBuiltServer(async (stack, startServer) => {
  printStandings(await authenticatedGet(stack, startServer, ['by-hand']));
});
