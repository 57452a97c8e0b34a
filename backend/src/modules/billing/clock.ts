import type { Database } from '../../kernel/db/index.ts';

/** Says what time it is. */
export type Clock = () => Promise<Date>;

/** Of a look-up that somebody waits for. */
const withinMs = 2_000;

/**
 * The database's, which all hosts share. What orders the truths of a purchase is not the clock of whichever host asks: after one
 * that is ahead, what another one sees later would be older.
 */
export const databaseClock =
  (db: Database): Clock =>
  async () => {
    const { rows } = await db.statement<{ now: Date }>(
      'select clock_timestamp()::timestamptz(3) as now',
      [],
      withinMs,
    );
    if (rows[0] === undefined) throw new Error('The database does not say what time it is');
    return rows[0].now;
  };
