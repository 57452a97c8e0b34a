import express, { type NextFunction, type Request, type Response } from 'express';
import { cardsOf, games, sets, type FakeCard, type FakeSet } from './justtcg-catalog.ts';
import type { ProviderContext, SandboxProvider } from './provider.ts';

/** The plan that the sandbox plays: pages and batches of at most 100. */
const maxPage = 100;
const defaultPage = 20;
const monthlyLimit = 500_000;
const perMinute = 500;

const abbreviations: Readonly<Record<string, string>> = {
  S: 'Sealed',
  NM: 'Near Mint',
  LP: 'Lightly Played',
  MP: 'Moderately Played',
  HP: 'Heavily Played',
  DMG: 'Damaged',
};

/** What each answer says about the quota. */
const usage = ({ quota }: ProviderContext) => {
  const used = quota.limit - quota.remaining();
  return {
    apiRequestLimit: monthlyLimit,
    apiDailyLimit: quota.limit,
    apiRateLimit: perMinute,
    apiRequestsUsed: used,
    apiDailyRequestsUsed: used,
    apiRequestsRemaining: monthlyLimit - used,
    apiDailyRequestsRemaining: quota.remaining(),
    apiPlan: 'Professional',
  };
};

/** JustTCG's API, version 1. Where the facts are from stands in the README beside this file. */
export const justtcg: SandboxProvider = {
  name: 'justtcg',
  title: 'JustTCG',
  basePath: '/v1',
  variables: { baseUrl: 'JUSTTCG_BASE_URL', key: 'JUSTTCG_API_KEY' },
  keyPrefix: 'tcg_',
  usualLatencyMs: 120,
  quota: 50_000,
  quotaAnswer: (context) => ({
    status: 429,
    body: {
      error: 'Daily request limit exceeded',
      code: 'DAILY_LIMIT_EXCEEDED',
      _metadata: usage(context),
    },
  }),
  routes(context) {
    const router = express.Router();
    const refuse = (response: Response, status: number, code: string, error: string) => {
      response.status(status).json({ data: [], error, code, _metadata: usage(context) });
    };
    router.use((request: Request, response: Response, next: NextFunction) => {
      const shown = request.get('x-api-key');
      if (shown === context.key) next();
      else if (shown === undefined)
        response.status(401).json({ error: 'API key is missing', code: 'API_KEY_MISSING' });
      else response.status(401).json({ error: 'API key is invalid', code: 'INVALID_API_KEY' });
    });

    router.get('/games', (_request, response) => {
      const data = games.map(({ id, name, sets: own }) => ({
        id,
        name,
        cards_count: own.reduce((sum, set) => sum + set.count, 0),
        sets_count: own.length,
        sealed_count: 0,
        last_updated: 1_793_491_200,
      }));
      response.json({ data, _metadata: usage(context) });
    });

    router.get('/sets', (request, response) => {
      const game = textOf(request.query.game);
      const found = sets.filter((set) => game === undefined || isGame(set, game));
      const page = pageOf(request, found);
      if (page === undefined) {
        refuse(response, 400, 'INVALID_REQUEST', `limit must be 1 to ${maxPage}`);
        return;
      }
      response.json({ data: page.items.map(asSet), meta: page.meta, _metadata: usage(context) });
    });

    router.get('/cards', (request, response) => {
      const game = textOf(request.query.game);
      const setId = textOf(request.query.set);
      if (setId !== undefined && game === undefined) {
        refuse(response, 400, 'INVALID_REQUEST', 'Required query parameter "game" is missing');
        return;
      }
      const wanted = sets.filter(
        (set) =>
          (game === undefined || isGame(set, game)) && (setId === undefined || set.id === setId),
      );
      const query = textOf(request.query.query)?.toLowerCase();
      const after = Number(textOf(request.query.updated_after) ?? 0);
      const cards = wanted
        .flatMap((set) => cardsOf(set, context.revision()))
        .filter((card) => query === undefined || card.name.toLowerCase().includes(query))
        .map((card) =>
          narrowed(card, listIn(request.query.condition), listIn(request.query.printing)),
        )
        .filter((card) => card.variants.some((variant) => variant.lastUpdated >= after));
      const page = pageOf(request, cards);
      if (page === undefined) {
        refuse(response, 400, 'INVALID_REQUEST', `limit must be 1 to ${maxPage}`);
        return;
      }
      response.json({ data: page.items, meta: page.meta, _metadata: usage(context) });
    });

    router.post('/cards', express.json({ limit: '1mb' }), (request, response) => {
      const items: unknown = request.body;
      if (!Array.isArray(items) || items.length === 0 || items.length > maxPage) {
        refuse(response, 400, 'INVALID_REQUEST', `Send 1 to ${maxPage} items`);
        return;
      }
      const revision = context.revision();
      const data = (items as LookupItem[]).flatMap((item) => lookedUp(item, revision));
      response.json({ data, _metadata: usage(context) });
    });
    return router;
  },
};

interface LookupItem {
  cardId?: string;
  variantId?: string;
  tcgplayerId?: string;
  updated_after?: number;
}

/** The card that an item names by its slug, its uuid, one of its variants or TCGplayer's id. */
function lookedUp(item: LookupItem, revision: number): FakeCard[] {
  const { cardId, variantId, tcgplayerId, updated_after: after = 0 } = item;
  // A slug begins with game and set, which spares making the whole catalog.
  const hint = cardId ?? variantId ?? '';
  const near = sets.filter((set) => hint.startsWith(`${set.gameId}-${setSlug(set)}-`));
  return (near.length > 0 ? near : sets)
    .flatMap((set) => cardsOf(set, revision))
    .filter(
      (card) =>
        card.id === cardId ||
        card.uuid === cardId ||
        (tcgplayerId !== undefined && card.tcgplayerId === tcgplayerId) ||
        (variantId !== undefined &&
          card.variants.some(({ id, uuid }) => id === variantId || uuid === variantId)),
    )
    .filter((card) => card.variants.some((variant) => variant.lastUpdated >= after));
}

const setSlug = (set: FakeSet): string => set.id.slice(0, -set.gameId.length - 1);

/** Games are named by their id or their name, in any case. */
const isGame = (set: FakeSet, game: string): boolean =>
  [set.gameId, set.game.toLowerCase()].includes(game.toLowerCase());

const asSet = (set: FakeSet) => ({
  id: set.id,
  name: set.name,
  game_id: set.gameId,
  game: set.game,
  count: set.count,
  sealed_count: 0,
  release_date: set.releaseDate,
});

function narrowed(card: FakeCard, wanted: string[], printings: string[]): FakeCard {
  if (wanted.length === 0 && printings.length === 0) return card;
  const full = wanted.map((condition) => abbreviations[condition] ?? condition);
  const variants = card.variants.filter(
    ({ condition, printing }) =>
      (full.length === 0 || full.includes(condition)) &&
      (printings.length === 0 || printings.includes(printing)),
  );
  return { ...card, variants };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

const listIn = (value: unknown): string[] => textOf(value)?.split(',') ?? [];

/** `undefined` for a limit that the plan does not have. */
function pageOf<T>(request: Request, all: readonly T[]) {
  const limit = Number(textOf(request.query.limit) ?? defaultPage);
  const offset = Number(textOf(request.query.offset) ?? 0);
  if (!Number.isInteger(limit) || limit < 1 || limit > maxPage) return undefined;
  if (!Number.isInteger(offset) || offset < 0) return undefined;
  const items = all.slice(offset, offset + limit);
  return {
    items,
    meta: { total: all.length, limit, offset, hasMore: offset + items.length < all.length },
  };
}
