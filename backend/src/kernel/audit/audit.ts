import type { Database } from '../db/index.ts';
import { toAppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Audit, AuditEntry, AuditRecord } from './types.ts';

interface Services {
  database: Database;
  scrubber: Scrubber;
  logger: Logger;
}

/** Of one entry's details, as JSON. What is bigger is replaced: an entry explains, it is no archive. */
const mostBytes = 32_768;

const insertEntry = `
  insert into bulwark.audit_entries (actor_id, action, target, details, request_id)
  values ($1, $2, $3, $4, $5) returning id`;
const insertOutcome = `
  insert into bulwark.audit_outcomes (entry_id, error_code, details) values ($1, $2, $3)`;
const selectEntries = `
  select entry.id::text, entry.at, actor_id as "actorId", action, target, entry.details, request_id as "requestId",
    case when outcome.entry_id is null then 'unknown' when error_code is null then 'succeeded' else 'failed' end as outcome,
    error_code as "errorCode", coalesce(outcome.details, '{}') as result
  from bulwark.audit_entries as entry left join bulwark.audit_outcomes as outcome on outcome.entry_id = entry.id
  where ($2::bigint is null or entry.id < $2)
    and ($3::uuid is null or actor_id = $3)
    and ($4::text is null or action = $4 or starts_with(action, $4 || '.'))
  order by entry.id desc limit $1`;

export function createAudit({ database, scrubber, logger }: Services): Audit {
  function json(details: Readonly<Record<string, unknown>>): string {
    const written = JSON.stringify(scrubber.orNothing(details) ?? { omitted: 'unreadable' });
    return Buffer.byteLength(written) > mostBytes ? '{"omitted":"too big"}' : written;
  }

  const valuesOf = ({ actorId, action, target, details = {}, requestId }: AuditEntry) => [
    actorId,
    action,
    scrubber.text(target).slice(0, 300),
    json(details),
    requestId,
  ];

  async function open(entry: AuditEntry): Promise<string> {
    const { rows } = await database.asService((tx) =>
      tx.query<{ id: string }>(insertEntry, valuesOf(entry)),
    );
    const [row] = rows;
    if (!row) throw new Error('The audit entry was not returned');
    return row.id;
  }

  async function close(id: string, errorCode: string | null, result: string): Promise<void> {
    try {
      await database.asService((tx) => tx.query(insertOutcome, [id, errorCode, result]));
    } catch (error) {
      // What was done is done; the entry stays without an outcome.
      logger.error({ err: error, auditId: id, code: errorCode }, 'audit outcome not written');
    }
  }

  return {
    async around(entry, work, resultOf) {
      const id = await open(entry);
      let value;
      try {
        value = await work();
      } catch (error) {
        await close(id, toAppError(error).code, '{}');
        throw error;
      }
      await close(id, null, json(resultOf?.(value) ?? {}));
      return value;
    },
    async record(tx, entry) {
      // The transaction may have the rights of a caller, who has none here.
      await tx.queryAsLogin(
        `with entry as (${insertEntry})
         insert into bulwark.audit_outcomes (entry_id, details) select id, '{}' from entry`,
        valuesOf(entry),
      );
    },
    async list({ limit, cursor, actorId, action }) {
      const { rows } = await database.asService(
        (tx) =>
          tx.query<AuditRecord>(selectEntries, [
            limit + 1,
            cursor ?? null,
            actorId ?? null,
            action ?? null,
          ]),
        { readOnly: true },
      );
      const entries = rows.slice(0, limit);
      return { entries, next: rows.length > limit ? (entries.at(-1)?.id ?? null) : null };
    },
  };
}
