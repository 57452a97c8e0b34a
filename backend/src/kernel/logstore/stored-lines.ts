import type { Database } from '../db/index.ts';
import { AppError } from '../errors/index.ts';
import { logLevels } from './types.ts';

/** Longer ones are stored without their fields. */
const longestLine = 64 * 1024;
const keptOfMessage = 1_000;

/** A logger's line begins with its level: `{"level":"info",…`. The six names differ in their first letter. */
const levelAt = '{"level":"'.length;
const severities = new Map(logLevels.map((level, severity) => [level[0], severity]));

/** Its place among `logLevels`. */
export const severityOf = (line: string): number => severities.get(line[levelAt]) ?? 0;

/** What is stored of a line: itself, or the beginning of one that is too long. */
export function storable(line: string): string {
  if (line.length <= longestLine) return line;
  const { level, time, pid, requestId, userId, msg } = JSON.parse(line) as Record<string, unknown>;
  const short = typeof msg === 'string' ? msg.slice(0, keptOfMessage) : undefined;
  return JSON.stringify({ level, time, pid, requestId, userId, msg: short, length: line.length });
}

/**
 * Whoever inserts waits for whoever inserts before, until that has committed. So ids come to be seen in their order. The wait
 * is short: where the one before is stuck, those who gave up must not go on waiting in Postgres, one more with each try.
 * What code logs under a name of the line's own (`time`, `level`) must not sink the others.
 */
const insert = `
  with patience as materialized (select set_config('lock_timeout', '2s', true)),
  turn as materialized (
    select pg_advisory_xact_lock(hashtextextended('bulwark.app_logs', 0)) from patience
  )
  insert into bulwark.app_logs (created_at, level, message, request_id, fields)
  select
    case when line->>'time' ~ '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$'
      then (line->>'time')::timestamptz else now() end,
    case when line->>'level' = any ($2) then line->>'level' else 'info' end,
    left(coalesce(line->>'msg', ''), 8192),
    left(line->>'requestId', 128),
    line - '{level,time,msg,requestId}'::text[]
  from turn, jsonb_array_elements($1::jsonb) with ordinality as lines (line, place)
  order by place`;

const answerWithinMs = 5_000;

/**
 * Stores lines in one statement, and resolves with how many of them Postgres refused for what they hold. Rejects where it
 * could not be asked; where only its answer was lost, the lines are there all the same.
 */
export async function storeLines(db: Database, lines: readonly string[]): Promise<number> {
  try {
    await db.statement(insert, [`[${lines.join(',')}]`, logLevels], answerWithinMs);
    return 0;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const clean = lines.map(withoutUnstorable);
    if (clean.some((line, index) => line !== lines[index])) return storeLines(db, clean);
    if (lines.length === 1) return 1;
    const half = Math.ceil(lines.length / 2);
    return (await storeLines(db, lines.slice(0, half))) + (await storeLines(db, lines.slice(half)));
  }
}

/** It is about the lines, and would come again. */
const isRefusal = (error: unknown): boolean =>
  AppError.is(error) && error.code === 'UNSTORABLE_VALUE';

/** The line without what JSON can say and Postgres cannot hold: NUL, and halves of characters. */
const withoutUnstorable = (line: string): string => JSON.stringify(cleaned(JSON.parse(line)));

function cleaned(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed().replaceAll('\0', '\ufffd');
  if (Array.isArray(value)) return value.map(cleaned);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [cleaned(name), cleaned(one)]),
  );
}
