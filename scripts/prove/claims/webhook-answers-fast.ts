import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, milliseconds, summarize } from '../measure/summary.ts';
import { senderSignature, senderTables, type SentEvent } from '../servers/sender/signed.ts';
import { senderLimits } from '../webhooks/sender.ts';

const rate = 150;
const seconds = 8;
/** None of them ends while it is measured. */
const stalledMs = 50_000;

export default defineClaim({
  id: 'webhook-answers-fast',
  phase: 2,
  claim: 'A sender is answered at once while every handler of its events stalls.',
  bound: `p99 below 200 ms at ${rate} events/s, all 200, each stored, none handled`,
  seconds: seconds + 6,
  async measure({ stack, startServer, signal }) {
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      await client.query(senderTables);
      const server = await startServer({ script: 'sender.ts', environment: senderLimits });
      const outcomes = await startLoad({
        rate,
        seconds,
        connections: 50,
        request(index) {
          const event: SentEvent = { id: `event-${index}`, type: 'thing.happened', ms: stalledMs };
          const body = JSON.stringify(event);
          return {
            url: `${server.url}/api/v1/webhooks/sender`,
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-signature': senderSignature(body) },
            body,
          };
        },
        signal,
      }).finished;
      const { counts, latencyMs, sent } = summarize(outcomes);
      const { rows } = await client.query<{ stored: number; effects: number; stalled: number }>(
        `select (select count(*)::int from bulwark.webhook_events) as stored,
                (select count(*)::int from public.webhook_effects) as effects,
                (select count(*)::int from pgboss.job where name = 'webhooks.sender' and state = 'active') as stalled`,
      );
      const { stored = 0, effects = 0, stalled = 0 } = rows[0] ?? {};
      server.child.kill('SIGKILL');
      return {
        figure: `${grouped(sent)} events: ${describeCounts(counts)}; p50 ${milliseconds(latencyMs.p50)}, p99 ${milliseconds(latencyMs.p99)}; ${grouped(stored)} stored, ${stalled} handlers stalled, ${effects} effects`,
        holds:
          counts['200'] === sent &&
          stored === sent &&
          latencyMs.p99 < 200 &&
          stalled > 0 &&
          effects === 0,
      };
    } finally {
      await client.end();
    }
  },
});
