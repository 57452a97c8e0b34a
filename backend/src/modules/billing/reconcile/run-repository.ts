import type { Database, Transaction } from '../../../kernel/db/index.ts';
import { type Page, pageOf, place as placeIn, placeOf } from '../admin-repository.ts';
import type { ProviderName } from '../truth.ts';
import {
  countNames,
  type Counts,
  type Run,
  runColumns,
  RunMoved,
  type RunPhase,
  type RunPlace,
  type RunStatus,
  shownColumns,
} from './run-row.ts';

export interface Starter {
  startedBy: Run['startedBy'];
  requestedBy: string | null;
}

/** How a run stands behind a portion. */
export interface Step {
  phase: RunPhase;
  place: string | null;
  stalls: number;
  /** What this portion adds; `failed` is counted anew. */
  counts: Omit<Counts, 'failed'>;
  errorCode: string | null;
  ended?: Exclude<RunStatus, 'running'>;
}

export interface RunFilter {
  provider?: ProviderName;
  userId?: string;
  limit: number;
  cursor?: string;
}

const added = countNames.filter((name) => name !== 'failed');
const leftovers =
  '(select count(*)::integer from billing.reconciliation_leftovers where run_id = runs.id)';

/** One in a hundred may be left without the run being called incomplete. */
const endStatus = `case when $5::text <> 'completed' then $5::text
  when ${leftovers} * 100 > checked + $6 + ${leftovers} then 'incomplete' else 'completed' end`;

const step = `
  update billing.reconciliations as runs set
    phase = $2, place = $3, stalls = $4, steps = steps + 1, resumes_at = null,
    error_code = coalesce($${6 + added.length}, error_code),
    ${added.map((name, index) => `${name} = ${name} + $${6 + index}`).join(', ')},
    failed = ${leftovers},
    status = case when $5::text is null then status else ${endStatus} end,
    ended_at = case when $5::text is not null then now() end
  where id = $1 and ended_at is null and steps = $${7 + added.length}
  returning ${runColumns}`;

export type RunRepository = ReturnType<typeof createRunRepository>;

/** The runs. Their tables are the server's own, so its login role writes them. */
export function createRunRepository(db: Database) {
  const one = async (
    tx: Transaction,
    sql: string,
    values: readonly unknown[],
  ): Promise<RunPlace | undefined> => (await tx.queryAsLogin<RunPlace>(sql, values)).rows[0];

  return {
    transaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.asLogin(work),

    /** The one of the provider that is under way, or a new one. */
    async openOrCreate(
      tx: Transaction,
      provider: ProviderName,
      { startedBy, requestedBy }: Starter,
    ): Promise<{ run: RunPlace; isNew: boolean } | undefined> {
      const made = await one(
        tx,
        `insert into billing.reconciliations (provider, started_by, requested_by) values ($1, $2, $3)
         on conflict (provider) where provider is not null and ended_at is null do nothing
         returning ${runColumns}`,
        [provider, startedBy, requestedBy],
      );
      if (made) return { run: made, isNew: true };
      const open = await one(
        tx,
        `select ${runColumns} from billing.reconciliations where provider = $1 and ended_at is null`,
        [provider],
      );
      return open && { run: open, isNew: false };
    },

    /** Undefined where it has ended, or is unknown. */
    async begin(id: string): Promise<RunPlace | undefined> {
      return db.asLogin((tx) =>
        one(
          tx,
          `update billing.reconciliations set resumes_at = null
           where id = $1 and ended_at is null and provider is not null returning ${runColumns}`,
          [id],
        ),
      );
    },

    /** Moves the run behind a portion. Throws RunMoved, so that nothing of it is stored, where it is not at `from` any more. */
    async step(tx: Transaction, from: RunPlace, to: Step): Promise<RunPlace> {
      const moved = await one(tx, step, [
        from.id,
        to.phase,
        to.place,
        to.stalls,
        to.ended ?? null,
        ...added.map((name) => to.counts[name]),
        to.errorCode,
        from.steps,
      ]);
      if (!moved) throw new RunMoved(`Reconciliation ${from.id} is elsewhere`);
      return moved;
    },

    async pause({ id, steps }: RunPlace, until: Date): Promise<void> {
      await db.asLogin((tx) =>
        tx.query(
          `update billing.reconciliations set resumes_at = $3
           where id = $1 and ended_at is null and steps = $2`,
          [id, steps, until],
        ),
      );
    },

    /** A run of one user, which is over when it is stored. */
    async addOfUser(
      tx: Transaction,
      userId: string,
      by: Starter & { startedAt: Date },
    ): Promise<string> {
      const { rows } = await tx.queryAsLogin<{ id: string }>(
        `insert into billing.reconciliations
           (user_id, started_by, requested_by, started_at, status, ended_at)
         values ($1, $2, $3, $4, 'completed', now()) returning id`,
        [userId, by.startedBy, by.requestedBy, by.startedAt],
      );
      return rows[0]?.id ?? '';
    },

    async countOfUser(tx: Transaction, id: string, counts: Counts): Promise<Run> {
      const { rows } = await tx.queryAsLogin<Run>(
        `update billing.reconciliations set
           ${countNames.map((name, index) => `${name} = $${index + 3}`).join(', ')}, status = $2
         where id = $1 returning ${shownColumns}`,
        [
          id,
          counts.failed > 0 ? 'incomplete' : 'completed',
          ...countNames.map((name) => counts[name]),
        ],
      );
      if (!rows[0]) throw new RunMoved(`Reconciliation ${id} is gone`);
      return rows[0];
    },

    async find(id: string): Promise<Run | undefined> {
      return db.asLogin(
        async (tx) =>
          (
            await tx.query<Run>(
              `select ${shownColumns} from billing.reconciliations where id = $1`,
              [id],
            )
          ).rows[0],
        { readOnly: true },
      );
    },

    /** Newest first. */
    async list({ provider, userId, limit, cursor }: RunFilter): Promise<Page<Run>> {
      const [at, id] = placeOf(cursor);
      const { rows } = await db.asLogin(
        (tx) =>
          tx.query<Run & { place: string }>(
            `select ${shownColumns}, ${placeIn('started_at')} from billing.reconciliations
             where ($1::text is null or provider = $1) and ($2::uuid is null or user_id = $2)
               and ($3::numeric is null or (started_at, id) < (to_timestamp($3), $4::uuid))
             order by started_at desc, id desc limit $5`,
            [provider, userId, at, id, limit + 1],
          ),
        { readOnly: true },
      );
      return pageOf(rows, limit, ({ place: _, ...run }) => run);
    },

    /** What alerts stand on: for how long each of these providers has not been looked at, and what the last look counted. */
    async standing(providers: readonly ProviderName[]): Promise<ProviderStanding[]> {
      const { rows } = await db.statement<ProviderStanding>(standing, [providers], 2_000);
      return rows;
    },
  };
}

export type ProviderStanding = Pick<Counts, 'checked' | 'corrected' | 'found' | 'unknown'> & {
  provider: ProviderName;
  ageSeconds: number;
};

/** A provider of which nothing is stored has nothing to be late with. */
const standing = `
  select names.provider, coalesce(last.checked, 0) as checked, coalesce(last.corrected, 0) as corrected,
    coalesce(last.found, 0) as found, coalesce(last.unknown, 0) as unknown,
    greatest(0, extract(epoch from now() - coalesce(
      last.started_at,
      (select created_at from billing.purchases as p where p.provider = names.provider
       order by created_at limit 1),
      now())))::float as "ageSeconds"
  from unnest($1::text[]) as names (provider)
  left join lateral (
    select * from billing.reconciliations as runs
    where runs.provider = names.provider and status = 'completed'
    order by ended_at desc limit 1
  ) as last on true`;
