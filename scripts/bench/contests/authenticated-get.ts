import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { contest, reportingCpu, type Rules, type Standing } from '../support/contest.ts';
import { startBenchServer } from '../support/start-server.ts';

type StartServer = (environment: Readonly<Record<string, string>>) => Promise<ServerProcess>;

/** What the servers of a bench are given beyond their stack: no limit that the load itself would meet. */
export const unlimited = {
  NODE_OPTIONS: reportingCpu,
  ALLOWED_ORIGINS: 'https://app.acme.test',
  RATE_LIMIT_SIGNED_IN: '100000000',
  RATE_LIMIT_PUBLIC: '100000000',
  // A load that takes all there is may stall on a busy machine; shedding counts and looks as ever, but must not refuse.
  OVERLOAD_EVENT_LOOP_DELAY_MS: '5000',
};

/**
 * GET /api/v1/me of Bulwark with everything on (verified token, live session, rate limit, headers, CORS, access log), of a bare
 * Express route with the same JSON, and of the same hardening by hand; in this order.
 */
export async function authenticatedGet(
  stack: TestStack,
  startServer: StartServer,
  against: readonly ('bare' | 'by-hand')[],
  rules?: Rules,
): Promise<Standing[]> {
  const bulwark = await startServer({ ...unlimited });
  const { accessToken } = await stack.signUp();
  const headers = { authorization: `Bearer ${accessToken}` };
  const path = '/api/v1/me';
  const body = await (await fetch(bulwark.url + path, { headers })).text();
  const others = await Promise.all(
    against.map(async (kind) => {
      const { url, child } =
        kind === 'bare'
          ? await startBenchServer('bare-express.ts', { BODY: body })
          : await startBenchServer('by-hand.ts', { ...stack.environment, ...unlimited });
      const name = kind === 'bare' ? 'bare Express 5' : 'the same by hand';
      return { name, url: url + path, headers, child };
    }),
  );
  try {
    const contestants = [
      { name: 'Bulwark, everything on', url: bulwark.url + path, headers, child: bulwark.child },
      ...others,
    ];
    for (const { url, name } of contestants) {
      const answer = await (await fetch(url, { headers })).text();
      if (answer !== body) throw new Error(`${name} answers something else: ${answer}`);
    }
    return await contest(contestants, rules);
  } finally {
    for (const { child } of others) child.kill('SIGTERM');
  }
}
