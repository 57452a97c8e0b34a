import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';

const intervalMs = 60 * 60_000;
/** The first time, so that processes that start together do not come together. */
const firstWithinMs = 5 * 60_000;
const rowsInBatch = 5_000;
const answerWithinMs = 10_000;

/** One process at a time; another one finds nothing to do. Ids go up by one, so that their distance is the number of rows. */
const deleteBatch = `
  with turn as materialized (
    select pg_try_advisory_xact_lock(hashtextextended('bulwark.app_logs retention', 0)) as mine
  )
  delete from bulwark.app_logs where id in (
    select id from (
      (select id from bulwark.app_logs
       where created_at < now() - make_interval(days => $1) order by created_at limit $3)
      union all
      (select id from bulwark.app_logs
       where id <= (select max(id) from bulwark.app_logs) - $2 order by id limit $3)
    ) as past
    where (select mine from turn)
  )`;

export interface Retention {
  days: number;
  maxRows: number;
}

/** Deletes rows past their time or number, some at a time until none is left, and resolves with how many. */
export async function deletePast(db: Database, { days, maxRows }: Retention): Promise<number> {
  let deleted = 0;
  for (;;) {
    const { rowCount } = await db.statement(
      deleteBatch,
      [days, maxRows, rowsInBatch],
      answerWithinMs,
    );
    deleted += rowCount;
    if (rowCount < rowsInBatch) return deleted;
  }
}

/** Does so every hour, until it is told to stop. */
export function startRetention(db: Database, retention: Retention, logger: Logger): () => void {
  let timer: NodeJS.Timeout;
  const later = (milliseconds: number): void => {
    timer = setTimeout(() => {
      later(intervalMs);
      deletePast(db, retention).catch((error: unknown) => {
        logger.warn({ err: error }, 'Stored log lines past their time cannot be deleted');
      });
    }, milliseconds).unref();
  };
  later(Math.random() * firstWithinMs);
  return () => {
    clearTimeout(timer);
  };
}
