import type { Executor } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';

/** Counts attempts by the minute, for the charts of the console. What a killed process has not written is lost. */
export interface Minutes {
  count(queue: string, outcome: string): void;
  /** Writes what is left. Never rejects. */
  close(): Promise<void>;
}

const writeEveryMs = 5_000;
const tidyEveryMs = 10 * 60_000;

const write = `
  insert into bulwark.job_minutes as minutes (queue, minute, completed, failed)
  select * from unnest($1::text[], $2::timestamptz[], $3::int[], $4::int[])
  on conflict (queue, minute) do update
  set completed = minutes.completed + excluded.completed, failed = minutes.failed + excluded.failed`;

/** What was completed is kept for a week, so that it can be looked up; the rest is pg-boss's to delete. */
const tidy = [
  `delete from bulwark.job_minutes where minute < now() - interval '2 days'`,
  `delete from pgboss.job_common where name in (select name from pgboss.queue) and state >= 'completed'
     and state = 'completed' and completed_on < now() - interval '7 days'`,
];

export function createMinutes(executor: Executor, logger: Logger): Minutes {
  let counts = new Map<
    string,
    { queue: string; minute: number; completed: number; failed: number }
  >();

  async function flush(): Promise<void> {
    if (counts.size === 0) return;
    // In one order everywhere, so that two processes do not wait for each other.
    const rows = [...counts.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    counts = new Map();
    await attempt(() =>
      executor.execute(write, [
        rows.map(({ queue }) => queue),
        rows.map(({ minute }) => new Date(minute)),
        rows.map(({ completed }) => completed),
        rows.map(({ failed }) => failed),
      ]),
    );
  }

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      logger.warn({ err: error }, 'Counts of jobs were not written');
    }
  }

  const timers = [
    setInterval(() => void flush(), writeEveryMs),
    setInterval(() => {
      for (const statement of tidy) void attempt(() => executor.execute(statement));
    }, tidyEveryMs),
  ];
  return {
    count(queue, outcome) {
      const completed = outcome === 'done' ? 1 : 0;
      const failed = outcome === 'failed' || outcome === 'dead' ? 1 : 0;
      if (completed + failed === 0) return;
      const minute = Math.floor(Date.now() / 60_000) * 60_000;
      const key = `${queue} ${minute}`;
      const row = counts.get(key) ?? { queue, minute, completed: 0, failed: 0 };
      row.completed += completed;
      row.failed += failed;
      counts.set(key, row);
    },
    async close() {
      for (const timer of timers) clearInterval(timer);
      await flush();
    },
  };
}
