import { Client, escapeIdentifier } from 'pg';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { dishonest, honestAnswer } from '../faults/outcomes.ts';
import { readsAndWrites, unlimited } from '../faults/work.ts';
import { startLoad, type Outcome } from '../measure/http-load.ts';
import { describeCounts, summarize } from '../measure/summary.ts';

export default defineClaim({
  id: 'read-only-database',
  phase: 5,
  claim:
    'When the database takes no writes, as after a failover, writes are refused as a passing fault and reads go on.',
  bound: 'every read 200, every write 503 with Retry-After; writes succeed again by themselves',
  seconds: 14,
  async measure({ stack, startServer, progress, signal }) {
    const { check, finding } = createChecks(progress);
    const { accessToken } = await stack.signUp();
    const server = await startServer({ script: 'probe.ts', environment: unlimited });
    const load = async () => {
      const request = readsAndWrites(server.url, accessToken);
      const options = { rate: 50, seconds: 3, connections: 20, check: honestAnswer, signal };
      const outcomes = await startLoad({ ...options, request }).finished;
      const faults = dishonest(outcomes);
      if (faults.length > 0) throw new Error(faults.join());
      const isWrite = ({ index }: Outcome) => index % 4 === 3;
      return {
        reads: describeCounts(summarize(outcomes.filter((one) => !isWrite(one))).counts),
        writes: describeCounts(summarize(outcomes.filter(isWrite)).counts),
      };
    };
    const admin = new Client({ connectionString: stack.database.adminUrl });
    await admin.connect();
    const setReadOnly = async (value: 'on' | 'off') => {
      const name = escapeIdentifier(stack.database.name);
      await admin.query('set default_transaction_read_only = off');
      await admin.query(`alter database ${name} set default_transaction_read_only = ${value}`);
      // It holds for new connections.
      await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = $1 and application_name like 'bulwark-%'`,
        [stack.database.name],
      );
    };
    let during = { reads: '', writes: '' };
    try {
      await check('reads and writes succeed', async () => {
        expectOnly(await load(), '200', '201');
      });
      await setReadOnly('on');
      await check('reads go on, writes are refused', async () => {
        during = await load();
        expectOnly(during, '200', '503');
      });
      await setReadOnly('off');
      await check('writes succeed again', async () => {
        expectOnly(await load(), '200', '201');
      });
    } finally {
      await admin.end();
    }
    return { ...finding(), figure: `read-only: reads ${during.reads}, writes ${during.writes}` };
  },
});

function expectOnly(found: { reads: string; writes: string }, reads: string, writes: string): void {
  const only = (counts: string, result: string) => /^[\d,]+ × (\w+)$/.exec(counts)?.[1] === result;
  if (!only(found.reads, reads) || !only(found.writes, writes))
    throw new Error(`reads ${found.reads}, writes ${found.writes}`);
}
