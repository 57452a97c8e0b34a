import type { Database, RowIdentity, Transaction } from '../../kernel/db/index.ts';
import { AppError } from '../../kernel/errors/index.ts';
import { type Outcome, outcomes, type RowOutcome, tally } from './batch.ts';
import type { Sync, SyncKind } from './sync-schema.ts';
import { upsertCards } from './upsert-repository.ts';

/** A synchronisation and where it is. */
export interface SyncPlace extends Sync {
  lastCardId: string | null;
}

export interface NewSyncRow {
  kind: SyncKind;
  gameId: string;
  setId: string;
  requestedBy: string | null;
  requestId: string;
}

/** One page as it is to be stored. */
export interface StoredPage {
  batch: readonly unknown[];
  seen: Date;
  /** Cards that were asked for with it. */
  asked: number;
  total: number;
  lastCardId: string | null;
  /** There is no page after it. */
  last: boolean;
}

/** Another worker has this page already: whoever meets it has nothing to do any more. */
export class SyncMoved extends Error {
  override readonly name = 'SyncMoved';
}

const tallyColumns = (['cards', 'variants'] as const).map(
  (kind) =>
    `jsonb_build_object(${outcomes.map((outcome) => `'${outcome}', ${kind}_${outcome}`).join(', ')}) as ${kind}`,
);
const columns = `id, kind, game_id as "gameId", set_id as "setId", status, next_offset as "done", total, pages,
  ${tallyColumns.join(', ')}, rejections, resumes_at as "resumesAt", error_code as "errorCode",
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt", last_card_id as "lastCardId"`;

/** Rejected rows that are kept for a person to read. */
const keptRejections = 50;

export type SyncRepository = ReturnType<typeof createSyncRepository>;

export function createSyncRepository(db: Database) {
  const one = async (
    tx: Transaction,
    sql: string,
    values: readonly unknown[],
  ): Promise<SyncPlace | undefined> => (await tx.query<SyncPlace>(sql, values)).rows[0];

  return {
    transaction: <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => db.asService(work),

    /** The one under way for this set, where there is one, else a new one. */
    async openOrCreate(
      tx: Transaction,
      row: NewSyncRow,
    ): Promise<{ sync: SyncPlace; isNew: boolean }> {
      const key = [row.kind, row.gameId, row.setId];
      const made = await one(
        tx,
        `insert into catalog.syncs (kind, game_id, set_id, requested_by, request_id)
         values ($1, $2, $3, $4, $5)
         on conflict (kind, game_id, set_id) where status in ('queued', 'running', 'waiting', 'retrying') do nothing
         returning ${columns}`,
        [...key, row.requestedBy, row.requestId],
      );
      if (made) return { sync: made, isNew: true };
      const open = await one(
        tx,
        `select ${columns} from catalog.syncs
         where kind = $1 and game_id = $2 and set_id = $3
           and status in ('queued', 'running', 'waiting', 'retrying')`,
        key,
      );
      // It ended between the two statements.
      if (!open) throw new AppError('CONFLICT');
      return { sync: open, isNew: false };
    },

    /** Undefined where it is done, unknown, or another one for the same set has taken its place. */
    async begin(id: string): Promise<SyncPlace | undefined> {
      try {
        return await db.asService((tx) =>
          one(
            tx,
            `update catalog.syncs
             set status = 'running', started_at = coalesce(started_at, now()), resumes_at = null,
                 error_code = null, finished_at = null, updated_at = now()
             where id = $1 and status <> 'completed'
             returning ${columns}`,
            [id],
          ),
        );
      } catch (error) {
        if (AppError.is(error) && error.code === 'DUPLICATE_ENTRY') return undefined;
        throw error;
      }
    },

    /** Game and set have to be there before their cards. */
    async shelve(
      game: { id: string; name: string },
      set: { id: string; name: string; cardCount: number; releasedOn: string | null },
    ): Promise<void> {
      await db.asService(async (tx) => {
        await tx.query(
          `insert into catalog.games as old (id, name) values ($1, $2)
           on conflict (id) do update set name = excluded.name, updated_at = now()
           where old.name <> excluded.name`,
          [game.id, game.name],
        );
        await tx.query(
          `insert into catalog.sets as old (game_id, id, name, card_count, released_on) values ($1, $2, $3, $4, $5)
           on conflict (game_id, id) do update
             set name = excluded.name, card_count = excluded.card_count, released_on = excluded.released_on
             where (old.name, old.card_count, old.released_on)
               is distinct from (excluded.name, excluded.card_count, excluded.released_on)`,
          [game.id, set.id, set.name, set.cardCount, set.releasedOn],
        );
      });
    },

    /** The next cards of a set to ask for, in the order of their ids, and how many there are in all. */
    async cardsAfter(place: SyncPlace, limit: number): Promise<{ ids: string[]; total: number }> {
      const { rows } = await db.asService((tx) =>
        tx.query<{ ids: string[]; total: number }>(
          `select
             array(select id::text from catalog.cards
                   where game_id = $1 and set_id = $2 and ($3::uuid is null or id > $3)
                   order by id limit $4) as ids,
             (select count(*)::integer from catalog.cards where game_id = $1 and set_id = $2) as total`,
          [place.gameId, place.setId, place.lastCardId, limit],
        ),
      );
      return rows[0] ?? { ids: [], total: 0 };
    },

    /**
     * Stores a page and moves the synchronisation behind it, together. Throws SyncMoved, and stores nothing, where it is not
     * at `place` any more.
     */
    async storePage(
      tx: Transaction,
      place: SyncPlace,
      page: StoredPage,
    ): Promise<{ sync: SyncPlace; rows: RowOutcome[] }> {
      const { rowCount } = await tx.query(
        `select from catalog.syncs
         where id = $1 and status = 'running' and next_offset = $2 and last_card_id is not distinct from $3
         for update`,
        [place.id, place.done, place.lastCardId],
      );
      if (rowCount === 0) throw new SyncMoved(`Synchronisation ${place.id} is elsewhere`);
      const rows = await upsertCards(tx, page.batch, page.seen);
      const rejected = rows
        .filter(({ outcome }) => outcome === 'rejected')
        .slice(0, Math.max(0, keptRejections - place.rejections.length))
        .map(({ kind, id, reason }) => ({ kind, id, reason }));
      const counts = (['card', 'variant'] as const).flatMap((kind) => {
        const counted = tally(rows, kind);
        return outcomes.map((outcome): [string, number] => [
          `${kind}s_${outcome}`,
          counted[outcome satisfies Outcome],
        ]);
      });
      const sync = await one(
        tx,
        `update catalog.syncs set
           next_offset = next_offset + $2, last_card_id = $3, total = $4, pages = pages + 1,
           ${counts.map(([column], index) => `${column} = ${column} + $${index + 7}`).join(', ')},
           rejections = rejections || $5::jsonb,
           status = case when $6 then 'completed' else status end,
           finished_at = case when $6 then now() end,
           updated_at = now()
         where id = $1
         returning ${columns}`,
        [
          place.id,
          page.asked,
          page.lastCardId,
          page.total,
          JSON.stringify(rejected),
          page.last,
          ...counts.map(([, counted]) => counted),
        ],
      );
      if (!sync) throw new SyncMoved(`Synchronisation ${place.id} is gone`);
      if (page.last && sync.kind === 'set')
        await tx.query(`update catalog.sets set synced_at = now() where game_id = $1 and id = $2`, [
          sync.gameId,
          sync.setId,
        ]);
      return { sync, rows };
    },

    /** Says how an attempt ended that did not reach the end. */
    async pause(
      id: string,
      how: {
        status: 'waiting' | 'retrying' | 'failed';
        resumesAt?: Date;
        errorCode: string | null;
      },
    ): Promise<SyncPlace | undefined> {
      return db.asService((tx) =>
        one(
          tx,
          `update catalog.syncs
           set status = $2, resumes_at = $3, error_code = $4, updated_at = now(),
               finished_at = case when $2 = 'failed' then now() end
           where id = $1 and status in ('queued', 'running', 'waiting', 'retrying')
           returning ${columns}`,
          [id, how.status, how.resumesAt ?? null, how.errorCode],
        ),
      );
    },

    async underWay(): Promise<{ id: string; kind: SyncKind }[]> {
      const { rows } = await db.asService((tx) =>
        tx.query<{ id: string; kind: SyncKind }>(
          `select id, kind from catalog.syncs
           where status in ('queued', 'running', 'waiting', 'retrying') limit 1000`,
        ),
      );
      return rows;
    },

    async find(caller: RowIdentity, id: string): Promise<Sync | undefined> {
      const { rows } = await db.readAsCaller<Sync>(
        caller,
        `select ${columns} from catalog.syncs where id = $1`,
        [id],
      );
      return rows[0];
    },

    /** Newest first. */
    async list(caller: RowIdentity, filter: { limit: number; status?: string }): Promise<Sync[]> {
      const { rows } = await db.readAsCaller<Sync>(
        caller,
        `select ${columns} from catalog.syncs where ($1::text is null or status = $1)
         order by created_at desc, id desc limit $2`,
        [filter.status, filter.limit],
      );
      return rows;
    },
  };
}
