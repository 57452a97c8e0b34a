import type { Caller } from '../../kernel/auth/index.ts';
import type { Transaction } from '../../kernel/db/index.ts';
import { AppError, notFound, validationFailed } from '../../kernel/errors/index.ts';
import type { EventBus } from '../../kernel/events/index.ts';
import type { SourceGame, SourceSet } from './justtcg.ts';
import type { SourceLists } from './source-lists.ts';
import type { SyncPlace, SyncRepository } from './sync-repository.ts';
import type { NewSync, Sync, SyncKind } from './sync-schema.ts';

export interface SyncServiceOptions {
  syncs: SyncRepository;
  lists: SourceLists;
  events: EventBus;
  /** Resolves with the job's id, or null where the synchronisation's waits or runs. */
  enqueue: (kind: SyncKind, syncId: string, tx: Transaction) => Promise<string | null>;
}

export interface RequestedSync {
  sync: Sync;
  /** Null where it was under way already. */
  jobId: string | null;
}

export type SyncService = ReturnType<typeof createSyncService>;

/** Asking for synchronisations, and looking at them. What they do is in `sync-run.ts`. */
export function createSyncService({ syncs, lists, events, enqueue }: SyncServiceOptions) {
  /** The set as the provider has it; asked once more where it is not known, for it may be new. */
  async function locate(
    gameId: string,
    setId: string,
  ): Promise<{ game: SourceGame; set: SourceSet }> {
    for (const again of [false, true]) {
      if (again) await lists.askAnew(gameId);
      const game = (await lists.games()).find(({ id }) => id === gameId);
      const set = game && (await lists.sets(gameId)).find(({ id }) => id === setId);
      if (game && set) return { game, set };
    }
    throw validationFailed([{ field: 'set', reason: 'is no set of this game' }]);
  }

  return {
    /** One synchronisation of a kind for a set at a time: who asks for a second one is shown the first. */
    async request(
      wanted: NewSync,
      by: { userId: string | null; requestId: string },
    ): Promise<RequestedSync> {
      lists.source();
      const { game, set } = await locate(wanted.game, wanted.set);
      await syncs.shelve(game, set);
      const row = {
        kind: wanted.kind,
        gameId: game.id,
        setId: set.id,
        requestedBy: by.userId,
        requestId: by.requestId,
      };
      const requested = await syncs.transaction(async (tx) => {
        const { sync } = await syncs.openOrCreate(tx, row);
        // Also where one is open: should its job be gone, this brings it back.
        const jobId = await enqueue(sync.kind, sync.id, tx);
        return { sync: shown(sync), jobId };
      });
      events.publish('catalog.sync-progress', requested.sync);
      return requested;
    },

    async find(caller: Caller, id: string): Promise<Sync> {
      const found = await syncs.find(caller, id);
      if (!found) throw notFound();
      return shown(found);
    },

    async list(
      caller: Caller,
      filter: { limit: number; status?: string },
    ): Promise<{ items: Sync[] }> {
      return { items: (await syncs.list(caller, filter)).map(shown) };
    },

    /** Choices for people, by name. */
    async gameChoices() {
      return byLabel((await lists.games()).map(({ id, name }) => ({ value: id, label: name })));
    },
    async setChoices(gameId: string | undefined) {
      if (gameId === undefined || gameId === '') return [];
      const sets = await lists.sets(gameId);
      return byLabel(
        sets.map(({ id, name, cardCount }) => ({
          value: id,
          label: `${name} (${cardCount} cards)`,
        })),
      );
    },
  };
}

const byLabel = <T extends { label: string }>(choices: readonly T[]): T[] =>
  choices.toSorted((one, other) => one.label.localeCompare(other.label, 'en'));

/** Without what only the synchronisation itself needs. */
export function shown(place: Sync | SyncPlace): Sync {
  const { lastCardId: _place, ...sync } = place as SyncPlace;
  return sync;
}

/** Our own code of whatever went wrong. */
export const codeOf = (error: unknown): string =>
  AppError.is(error) ? error.code : 'INTERNAL_ERROR';
