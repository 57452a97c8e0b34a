import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { describeCounts, grouped } from '../measure/summary.ts';
import { senderTables } from '../servers/sender/signed.ts';
import { misdone, sendOnce, senderLimits, untilHandled } from '../webhooks/sender.ts';

const events = 20;
const copies = 50;
/** Of these so many come once it is done. */
const late = 5;

export default defineClaim({
  id: 'webhook-replayed',
  phase: 2,
  claim:
    'One webhook event that comes fifty times, most of them at once and some when it is done, at two processes, is one row, one job and one effect, and every sender is told that it has come.',
  bound: 'one row, one job and one effect each, all 200',
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
      const sendAtOnce = async (id: string, times: number) => {
        const statuses = await Promise.all(
          Array.from({ length: times }, (_, copy) =>
            sendOnce(servers[copy % servers.length]?.url ?? '', { id, type: 'thing.happened' }),
          ),
        );
        for (const status of statuses) counts[status] = (counts[status] ?? 0) + 1;
      };
      for (const id of ids) {
        progress(id);
        await sendAtOnce(id, copies - late);
      }
      const done = await untilHandled(client, 'sender', { patienceMs: 15_000, signal });
      progress('once more');
      for (const id of ids) await sendAtOnce(id, late);
      const faults = await misdone(client, ids);
      const { rows } = await client.query<{ duplicates: number; jobs: number }>(
        `select sum(duplicates)::int as duplicates,
           (select count(*)::int from pgboss.job where name = 'webhooks.sender') as jobs
         from bulwark.webhook_events`,
      );
      const { duplicates = 0, jobs = 0 } = rows[0] ?? {};
      return {
        figure: `${events} events × ${copies}: ${describeCounts(counts)}; ${faults.length} events with a row or an effect too many or too few, ${jobs} jobs, ${grouped(duplicates)} counted as duplicates`,
        holds:
          done &&
          faults.length === 0 &&
          jobs === events &&
          counts['200'] === events * copies &&
          duplicates === events * (copies - 1),
        faults,
      };
    } finally {
      await client.end();
    }
  },
});
