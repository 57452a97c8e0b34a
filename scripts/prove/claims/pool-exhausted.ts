import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { unlimited } from '../faults/work.ts';

const acquireTimeoutMs = 2_000;
const marginMs = 1_000;
const poolMax = 4;

export default defineClaim({
  id: 'pool-exhausted',
  phase: 5,
  claim:
    'With every database connection taken, requests are refused within the acquire timeout; the server is alive and says that it is not ready.',
  bound:
    '503 within 2 s and a second, /livez 200, /readyz 503; all well when the connections are free',
  seconds: 12,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const { accessToken } = await stack.signUp();
    const server = await startServer({
      script: 'probe.ts',
      environment: {
        ...unlimited,
        DATABASE_POOL_MAX: String(poolMax),
        DATABASE_ACQUIRE_TIMEOUT_MS: String(acquireTimeoutMs),
        DATABASE_STATEMENT_TIMEOUT_MS: '60000',
        DATABASE_LOCK_TIMEOUT_MS: '60000',
      },
    });
    const headers = { authorization: `Bearer ${accessToken}` };
    const row = () => timed(`${server.url}/api/v1/probe/row`, headers);
    await row();
    const blocker = new Client({ connectionString: stack.database.adminUrl });
    await blocker.connect();
    let slowest = 0;
    let holders: Promise<unknown>[] = [];
    try {
      // Every connection waits for this lock, as behind a migration that holds a table.
      await blocker.query('begin; lock table public.probe_effects in access exclusive mode');
      holders = Array.from({ length: poolMax }, row);
      await untilWaiting(blocker, poolMax);
      await check('requests are refused in time', async () => {
        const refused = await Promise.all(Array.from({ length: 20 }, row));
        slowest = Math.max(...refused.map(({ ms }) => ms));
        for (const { status, retryAfter, ms } of refused)
          if (status !== 503 || !(retryAfter > 0) || ms > acquireTimeoutMs + marginMs)
            throw new Error(`${status} after ${Math.round(ms)} ms`);
      });
      await check('the server is alive', () => expectStatus(`${server.url}/livez`, 200, 500));
      await check('and not ready', () => expectStatus(`${server.url}/readyz`, 503, 3_000));
    } finally {
      await blocker.query('rollback').catch(() => undefined);
      await blocker.end();
    }
    await Promise.all(holders);
    await check('all is well when the connections are free', async () => {
      // A report of its state is a second old at most.
      await wait(1_100);
      await expectStatus(`${server.url}/readyz`, 200, 3_000);
      const { status } = await row();
      if (status !== 200) throw new Error(`answered ${status}`);
    });
    return { ...finding(), figure: `slowest refusal ${Math.round(slowest)} ms` };
  },
});

async function timed(url: string, headers: Readonly<Record<string, string>> = {}) {
  const startedAt = performance.now();
  const answer = await fetch(url, { headers });
  await answer.text();
  const retryAfter = Number(answer.headers.get('retry-after'));
  return { status: answer.status, retryAfter, ms: performance.now() - startedAt };
}

async function expectStatus(url: string, expected: number, withinMs: number): Promise<void> {
  const { status, ms } = await timed(url);
  if (status !== expected || ms > withinMs) throw new Error(`${status} after ${Math.round(ms)} ms`);
}

async function untilWaiting(admin: Client, count: number): Promise<void> {
  for (;;) {
    // Within a transaction the activity is otherwise looked at once.
    await admin.query('select pg_stat_clear_snapshot()');
    const { rows } = await admin.query<{ waiting: number }>(
      `select count(*)::int as waiting from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`,
    );
    if ((rows[0]?.waiting ?? 0) >= count) return;
    await wait(50);
  }
}
