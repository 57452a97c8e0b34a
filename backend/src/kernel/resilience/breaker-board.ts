import type { Database } from '../db/index.ts';
import { Joi } from '../schema/index.ts';

/** What all processes know of one breaker. Durations are from the moment it was read, by the database's clock. */
export interface BreakerRow {
  name: string;
  /** Null while it is closed. */
  openedAt: Date | null;
  dueInMs: number | null;
  /** Who makes the one try that is let through. */
  probe: string | null;
  probeForMs: number | null;
  pausedForMs: number | null;
  openings: number;
  lastError: string | null;
  revision: number;
}

/** As another process announces it. */
export const breakerRow = Joi.object<BreakerRow>({
  name: Joi.string().required(),
  openedAt: Joi.date().iso().allow(null).required(),
  dueInMs: Joi.number().allow(null).required(),
  probe: Joi.string().allow(null).required(),
  probeForMs: Joi.number().allow(null).required(),
  pausedForMs: Joi.number().allow(null).required(),
  openings: Joi.number().required(),
  lastError: Joi.string().allow(null).required(),
  revision: Joi.number().required(),
})
  .unknown()
  .required();

/** The row as it is now, and whether it was this statement that made it so. */
export type Written = BreakerRow & { mine: boolean };

/** Who asks the database waits no longer: a call may wait for the answer. */
const answerWithinMs = 2_000;

const columns = `name, opened_at as "openedAt",
  extract(epoch from due_at - now())::float8 * 1000 as "dueInMs",
  probe, extract(epoch from probe_until - now())::float8 * 1000 as "probeForMs",
  extract(epoch from paused_until - now())::float8 * 1000 as "pausedForMs",
  openings::float8 as openings, last_error as "lastError", revision::float8 as revision`;

/** One statement that changes a row if it may, and says what the row is afterwards in any case. */
const orElse = (change: string): string => `
  with changed as (${change} returning ${columns})
  select true as mine, * from changed
  union all
  select false as mine, ${columns} from bulwark.provider_breakers
  where name = $1 and not exists (select from changed)`;

const later = (milliseconds: string): string =>
  `now() + ${milliseconds}::float8 * interval '1 millisecond'`;

const openIt = orElse(`
  insert into bulwark.provider_breakers as b (name, opened_at, due_at, openings, last_error)
  values ($1, now(), ${later('$2')}, 1, $3)
  on conflict (name) do update
  set opened_at = now(), due_at = excluded.due_at, openings = b.openings + 1,
      last_error = excluded.last_error, revision = b.revision + 1
  where b.opened_at is null`);

/** Of many who ask at once one changes the row; the others wait for its lock, look again, and find the probe taken. */
const claimIt = orElse(`
  update bulwark.provider_breakers
  set probe = $2::uuid, probe_until = ${later('$3')}, revision = revision + 1
  where name = $1 and opened_at is not null and due_at <= now()
    and (probe is null or probe_until <= now())`);

/** Whoever was allowed the try may say what came of it; and whoever decided alone, while nobody else has decided since. */
const mayDecide = `name = $1 and opened_at is not null
  and (probe = $2::uuid or (revision <= $3 and (probe is null or probe_until <= now())))`;

const closeIt = orElse(`
  update bulwark.provider_breakers
  set opened_at = null, due_at = null, probe = null, probe_until = null, revision = revision + 1
  where ${mayDecide}`);

const reopenIt = orElse(`
  update bulwark.provider_breakers
  set due_at = ${later('$4')}, probe = null, probe_until = null,
      last_error = coalesce($5, last_error), revision = revision + 1
  where ${mayDecide}`);

const pauseIt = orElse(`
  insert into bulwark.provider_breakers as b (name, paused_until)
  values ($1, ${later('$2')})
  on conflict (name) do update
  set paused_until = excluded.paused_until, revision = b.revision + 1
  where b.paused_until is null or b.paused_until < excluded.paused_until`);

const resetIt = orElse(`
  insert into bulwark.provider_breakers as b (name) values ($1)
  on conflict (name) do update
  set opened_at = null, due_at = null, probe = null, probe_until = null, paused_until = null,
      revision = b.revision + 1`);

/** Where breakers are agreed on over processes. Every method rejects with AppError when the database does not answer. */
export interface BreakerBoard {
  /** Opens it, unless somebody else has. */
  open(name: string, openMs: number, error: string): Promise<Written | undefined>;
  /** Takes the one try that is let through, if it is due and nobody has it. */
  claim(name: string, who: string, forMs: number): Promise<Written | undefined>;
  close(name: string, who: string, revision: number): Promise<Written | undefined>;
  /** The try failed, or came to nothing (then without an error): the next one is due in so long. */
  reopen(
    name: string,
    who: string,
    revision: number,
    inMs: number,
    error: string | null,
  ): Promise<Written | undefined>;
  pause(name: string, forMs: number): Promise<Written | undefined>;
  reset(name: string): Promise<Written | undefined>;
  read(names: readonly string[]): Promise<BreakerRow[]>;
}

export function createBreakerBoard(db: Database): BreakerBoard {
  const write = async (sql: string, ...values: unknown[]): Promise<Written | undefined> =>
    (await db.statement<Written>(sql, values, answerWithinMs)).rows[0];
  return {
    open: (...values) => write(openIt, ...values),
    claim: (...values) => write(claimIt, ...values),
    close: (...values) => write(closeIt, ...values),
    reopen: (...values) => write(reopenIt, ...values),
    pause: (...values) => write(pauseIt, ...values),
    reset: (...values) => write(resetIt, ...values),
    async read(names) {
      const sql = `select ${columns} from bulwark.provider_breakers where name = any($1)`;
      return (await db.statement<BreakerRow>(sql, [names], answerWithinMs)).rows;
    },
  };
}
