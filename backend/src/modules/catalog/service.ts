import type { Caller, UserCaller } from '../../kernel/auth/index.ts';
import { notFound } from '../../kernel/errors/index.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import type { CatalogRepository } from './repository.ts';
import type {
  CardChanges,
  CardPage,
  CardQuery,
  CardWithVariants,
  CatalogSet,
  Game,
} from './schema.ts';

export type CatalogService = ReturnType<typeof createCatalogService>;

/** Reading the catalog, and what admins decide about its cards. */
export function createCatalogService({ catalog }: { catalog: CatalogRepository }) {
  async function card(caller: Caller, id: string, signal?: AbortSignal): Promise<CardWithVariants> {
    const found = await catalog.find(caller, id, signal);
    if (!found) throw notFound();
    return found;
  }

  return {
    card,

    async games(caller: Caller, signal: AbortSignal): Promise<{ items: Game[] }> {
      return { items: await catalog.games(caller, signal) };
    },

    /** Empty for a game that is not here. */
    async sets(
      caller: Caller,
      gameId: string,
      signal: AbortSignal,
    ): Promise<{ items: CatalogSet[] }> {
      return { items: await catalog.sets(caller, gameId, signal) };
    },

    /** By name. */
    async cards(caller: Caller, query: CardQuery, signal: AbortSignal): Promise<CardPage> {
      const { cursor, limit, ...filter } = query;
      const after = cursor === undefined ? undefined : decodeCursor(cursor);
      // One more than asked tells whether another page follows.
      const found = await catalog.cards(caller, { ...filter, after, limit: limit + 1 }, signal);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return { items, nextCursor: last && found.length > limit ? encodeCursor(last) : null };
    },

    async change(caller: UserCaller, id: string, changes: CardChanges): Promise<CardWithVariants> {
      if (!(await catalog.change(caller, id, changes))) throw notFound();
      return card(caller, id);
    },
  };
}
