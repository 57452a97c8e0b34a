import { AppError } from '../../kernel/errors/index.ts';
import type { Cache, Caches } from '../../kernel/cache/index.ts';
import { Joi, listOf, nullable, shape } from '../../kernel/schema/index.ts';
import type { JustTcg, SourceGame, SourceSet } from './justtcg.ts';

const gameList = listOf(shape({ id: Joi.string(), name: Joi.string() }));
const setList = listOf(
  shape({
    id: Joi.string(),
    name: Joi.string(),
    cardCount: Joi.number().integer(),
    releasedOn: nullable(Joi.string()),
  }),
);

export type SourceLists = ReturnType<typeof createSourceLists>;

/** Which games and sets the provider has: asked once a day by all processes together, and known while it is down. */
export function createSourceLists(justtcg: JustTcg | undefined, caches: Caches) {
  const games: Cache<SourceGame[]> = caches.create({ name: 'catalog.games', schema: gameList });
  const sets: Cache<SourceSet[]> = caches.create({ name: 'catalog.sets', schema: setList });

  function source(): JustTcg {
    if (justtcg) return justtcg;
    throw new AppError('NOT_IMPLEMENTED', {
      message: 'This server has no access to JustTCG, so it cannot synchronise cards.',
    });
  }

  return {
    /** Throws NOT_IMPLEMENTED where no key is configured. */
    source,

    games: async (signal?: AbortSignal): Promise<readonly SourceGame[]> =>
      (await games.get('all', (loading) => source().games(loading), wait(signal))).value,

    sets: async (gameId: string, signal?: AbortSignal): Promise<readonly SourceSet[]> =>
      (await sets.get(gameId, (loading) => source().sets(gameId, loading), wait(signal))).value,

    /** A set that is new since yesterday is not in what is kept. */
    async askAnew(gameId: string): Promise<void> {
      await Promise.all([games.invalidate('all'), sets.invalidate(gameId)]);
    },
  };
}

const wait = (signal: AbortSignal | undefined) => (signal ? { signal } : {});
