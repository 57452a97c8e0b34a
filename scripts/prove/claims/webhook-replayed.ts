import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { describeCounts, grouped } from '../measure/summary.ts';
import { senderTables } from '../servers/sender/signed.ts';
import { misdone, sendOnce, senderLimits, untilHandled } from '../webhooks/sender.ts';

const events = 20;
const copies = 50;

export default defineClaim({
  id: 'webhook-replayed',
  phase: 2,
  claim:
    'One webhook event that comes fifty times at once, at two processes, is one row with one effect, and every sender is told that it has come.',
  bound: 'one row and one effect each, all 200',
  seconds: 10,
  async measure({ stack, startServer, progress, signal }) {
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      await client.query(senderTables);
      const servers = await Promise.all(
        [0, 1].map(() => startServer({ script: 'sender.ts', environment: senderLimits })),
      );
      const ids = Array.from({ length: events }, (_, index) => `event-${index}`);
      const counts: Record<string, number> = {};
      for (const id of ids) {
        progress(id);
        const statuses = await Promise.all(
          Array.from({ length: copies }, (_, copy) =>
            sendOnce(servers[copy % servers.length]?.url ?? '', { id, type: 'thing.happened' }),
          ),
        );
        for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
      }
      const done = await untilHandled(client, 'sender', { patienceMs: 15_000, signal });
      const faults = await misdone(client, ids);
      const { rows } = await client.query<{ duplicates: number }>(
        'select sum(duplicates)::int as duplicates from bulwark.webhook_events',
      );
      const duplicates = rows[0]?.duplicates ?? 0;
      return {
        figure: `${events} events × ${copies}: ${describeCounts(counts)}; ${faults.length} events with a row or an effect too many or too few, ${grouped(duplicates)} counted as duplicates`,
        holds:
          done &&
          faults.length === 0 &&
          counts['200'] === events * copies &&
          duplicates === events * (copies - 1),
        faults,
      };
    } finally {
      await client.end();
    }
  },
});
