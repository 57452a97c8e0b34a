import { failInEveryWay, findPlanted } from '../../../backend/test/support/fail-in-every-way.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

export default defineClaim({
  id: 'logs-no-secrets',
  phase: 8,
  claim:
    'The log of a server that is made to fail in every way, at level debug, holds nothing of what clients sent in bodies, queries, paths, headers, cookies, tokens and sockets.',
  bound: '0 planted values in the log, one line for each failure',
  seconds: 12,
  async measure({ stack, startServer }) {
    const server = await startServer({
      script: 'failing.ts',
      environment: {
        LOG_LEVEL: 'debug',
        RATE_LIMIT_PUBLIC: '100000',
        RATE_LIMIT_SIGNED_IN: '100000',
      },
    });
    const { accessToken } = await stack.signUp();
    const { failures, planted } = await failInEveryWay(server.url, accessToken);
    server.child.kill('SIGTERM');
    await server.ended;
    const found = findPlanted(server.output(), planted);
    const logged = new Set(
      server
        .lines()
        .filter(({ level }) => level === 'error')
        .map(({ requestId }) => requestId),
    );
    const unlogged = failures.filter(({ requestId }) => !logged.has(requestId));
    const lines = server.lines().length;
    return {
      figure: `${found.length} of ${grouped(planted.length)} planted values in ${grouped(lines)} lines`,
      holds: found.length === 0 && unlogged.length === 0,
      faults: [...found, ...unlogged.map(({ way }) => `not logged: ${way}`)],
    };
  },
});
