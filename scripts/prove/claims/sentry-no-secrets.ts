import { failInEveryWay, findPlanted } from '../../../backend/test/support/fail-in-every-way.ts';
import { failingWays } from '../../../backend/test/support/failing-ways.ts';
import { startSentrySink } from '../../../backend/test/support/sentry-sink.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const ways = Object.keys(failingWays).length;

export default defineClaim({
  id: 'sentry-no-secrets',
  phase: 8,
  claim: `A server that is made to fail in ${ways} ways, over HTTP and over a socket, and then to crash, reports each failure to Sentry once, and nothing of what clients sent.`,
  bound: 'every failure reported; 0 planted values in the envelopes',
  seconds: 15,
  async measure({ stack, startServer, progress }) {
    const sink = await startSentrySink();
    try {
      const server = await startServer({
        script: 'failing.ts',
        environment: {
          SENTRY_DSN: sink.dsn,
          RATE_LIMIT_PUBLIC: '100000',
          RATE_LIMIT_SIGNED_IN: '100000',
        },
      });
      const { accessToken } = await stack.signUp();
      progress('failing');
      const { failures, planted } = await failInEveryWay(server.url, accessToken);
      progress('crashing');
      await fetch(`${server.url}/api/v1/fail-later/throw`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          note: planted
            .map(({ text }) => text)
            .join(' , ')
            .slice(0, 9_000),
        }),
      });
      await server.ended;
      const times = new Map<string, number>();
      for (const { tags } of sink.events) {
        const id = tags?.request_id ?? tags?.code ?? '';
        times.set(id, (times.get(id) ?? 0) + 1);
      }
      const expected = [
        ...failures.map(({ way, requestId }) => ({ way, id: requestId })),
        { way: 'crash', id: 'uncaughtException' },
      ];
      const unreported = expected.filter(({ id }) => times.get(id) !== 1);
      const found = findPlanted(sink.raw(), planted);
      return {
        figure: `${expected.length - unreported.length} of ${expected.length} failures reported, ${found.length} of ${grouped(planted.length)} planted values found`,
        holds: unreported.length === 0 && found.length === 0,
        faults: [...unreported.map(({ way }) => `not reported once: ${way}`), ...found],
      };
    } finally {
      await sink.close();
    }
  },
});
