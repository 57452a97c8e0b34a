import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { defineClaim } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const users = 12;
const seconds = 8;

/** User n has n + 1 rows, so whoever is given another's rows, or nobody's, counts wrongly. */
export default defineClaim({
  id: 'rows-stay-private',
  phase: 5,
  claim:
    'However few database connections many users share, none is ever shown the rows of another, even as connections break.',
  bound:
    '0 wrong answers at 150 reads/s by 12 users over 3 connections, of which one is broken every second',
  seconds: seconds + 4,
  async measure({ startServer, stack, progress, signal }) {
    const server = await startServer({
      script: 'probe.ts',
      environment: {
        DATABASE_POOL_MAX: '3',
        RATE_LIMIT_SIGNED_IN: '1000000',
        LOG_LEVEL: 'error',
      },
    });
    const people = await Promise.all(Array.from({ length: users }, () => stack.signUp()));
    const headersOf = (index: number) => ({
      authorization: `Bearer ${people[index % users]?.accessToken ?? ''}`,
      'content-type': 'application/json',
    });
    await Promise.all(
      people.flatMap((_, user) =>
        Array.from({ length: user + 1 }, (_row, row) =>
          fetch(`${server.url}/api/v1/probe/effects`, {
            method: 'POST',
            headers: headersOf(user),
            body: JSON.stringify({ key: `row ${row}` }),
          }),
        ),
      ),
    );

    let wrong = 0;
    const load = startLoad({
      rate: 150,
      connections: 24,
      seconds,
      request: (index) => ({ url: `${server.url}/api/v1/probe/row`, headers: headersOf(index) }),
      check: (body, { statusCode }, index) => {
        if (statusCode !== 200) return undefined;
        const { effects } = JSON.parse(body) as { effects: number };
        if (effects === (index % users) + 1) return undefined;
        wrong += 1;
        return `${effects} rows instead of ${(index % users) + 1}`;
      },
      signal,
    });
    const broken = await breakConnections(stack.database.adminUrl, progress);
    const { sent, counts } = summarize(await load.finished);
    const read = counts['200'] ?? 0;
    return {
      figure: `${wrong} of ${grouped(read)} answers wrong, ${broken} connections broken`,
      // What is cut off in the midst of its transaction may be refused; most must be answered.
      holds: wrong === 0 && read > sent * 0.9 && broken > 0,
      faults: [describeCounts(counts)],
    };
  },
});

/** One of the server's connections every second, whatever it is doing; returns how many. */
async function breakConnections(
  adminUrl: string,
  progress: (text: string) => void,
): Promise<number> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  let broken = 0;
  try {
    for (let second = 1; second < seconds; second += 1) {
      await wait(1_000);
      const { rowCount } = await admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and application_name = 'bulwark-api' limit 1`,
      );
      broken += rowCount ?? 0;
      progress(`${broken} connections broken`);
    }
  } finally {
    await admin.end();
  }
  return broken;
}
