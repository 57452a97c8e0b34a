import type { Database } from '../db/index.ts';
import { logLevels, type LogPage, type LogQuery, type LogRow, type LogSearch } from './types.ts';

/** A search for a text looks at so many rows at a time, for at most so long. */
const rowsInWindow = 10_000;
const searchForMs = 2_000;
const statementTimeoutMs = 5_000;

interface Window {
  found: (Omit<LogRow, 'at'> & { at: string })[] | null;
  /** How many rows were looked at, and the last of them. */
  looked: number;
  last: string | null;
}

/**
 * One index scan for each level, merged: rows of some levels in the order of their ids, without looking at the others. Each
 * level stands in a part of its own, so that Postgres plans for how rare it is. The text is looked for only in what these give.
 */
function windowOf(query: LogQuery, cursor: string | undefined, size: number) {
  const forward = query.after !== undefined;
  const order = forward ? 'asc' : 'desc';
  const values: unknown[] = [];
  const parameter = (value: unknown): string => `$${values.push(value)}`;

  const conditions: string[] = [];
  if (cursor !== undefined)
    conditions.push(`id ${forward ? '>' : '<'} ${parameter(cursor)}::bigint`);
  if (query.requestId !== undefined) conditions.push(`request_id = ${parameter(query.requestId)}`);
  const limit = parameter(size);
  const wanted = parameter(query.limit);
  const pattern = query.text === undefined ? undefined : parameter(patternOf(query.text));
  const matches =
    pattern === undefined ? '' : `where message ilike ${pattern} or fields::text ilike ${pattern}`;
  const part = (own: readonly string[]): string =>
    `(select * from bulwark.app_logs where ${[...own, ...conditions, 'true'].join(' and ')}
      order by id ${order} limit ${limit})`;
  const parts =
    query.level === undefined
      ? [part([])]
      : logLevels
          .slice(logLevels.indexOf(query.level))
          .map((level) => part([`level = ${parameter(level)}`]));
  const sql = `
    with looked as materialized (
      select * from (${parts.join(' union all ')}) as rows order by id ${order} limit ${limit}
    ), found as (
      select id, id::text as "id text", created_at, level, message, request_id, fields
      from looked ${matches} order by id ${order} limit ${wanted}
    )
    select
      (select count(*)::integer from looked) as looked,
      (select id::text from looked order by looked.id ${forward ? 'desc' : 'asc'} limit 1) as last,
      (select jsonb_agg(jsonb_build_object(
          'id', "id text", 'at', created_at, 'level', level, 'message', message,
          'requestId', request_id, 'fields', fields) order by id ${order}) from found) as found`;
  return { sql, values };
}

/** For ILIKE: what stands for itself only. */
const patternOf = (text: string): string => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

export function createLogSearch(db: Database): LogSearch {
  return {
    async search(query): Promise<LogPage> {
      const giveUpAt = performance.now() + searchForMs;
      const size = query.text === undefined ? query.limit : Math.max(rowsInWindow, query.limit);
      const rows: LogRow[] = [];
      let cursor = query.after ?? query.before;
      let next: string | null = null;
      for (;;) {
        const left = { ...query, limit: query.limit - rows.length };
        const { sql, values } = windowOf(left, cursor, size);
        const window = await db.asLogin((tx) => tx.query<Window>(sql, values), {
          readOnly: true,
          statementTimeoutMs,
        });
        const [{ found, looked, last }] = window.rows as [Window];
        for (const row of found ?? []) rows.push({ ...row, at: new Date(row.at) });
        const full = rows.length === query.limit;
        next = full ? (rows.at(-1)?.id ?? null) : looked === size ? last : null;
        if (full || next === null || performance.now() > giveUpAt) break;
        cursor = next;
      }
      return { rows: query.after === undefined ? rows : rows.reverse(), next };
    },
  };
}
