import type { Provider, Providers } from '../../kernel/resilience/index.ts';
import { Joi, listOf, optional, shape } from '../../kernel/schema/index.ts';
import type { SourceCard } from './batch.ts';
import type { CatalogSettings } from './config.ts';
import { bool } from './schema.ts';

type Settings = Extract<CatalogSettings['justtcg'], { kind: 'on' }>;

/** What each answer says about the calls that are left. Plans differ in what they name. */
const usage = shape({
  apiDailyLimit: optional(Joi.number().integer()),
  apiDailyRequestsRemaining: optional(Joi.number().integer()),
  apiRequestsRemaining: optional(Joi.number().integer()),
});
const meta = shape({
  total: Joi.number().integer().min(0),
  offset: Joi.number().integer().min(0),
  hasMore: bool(),
});

const gamesAnswer = shape({
  data: listOf(shape({ id: Joi.string().max(100), name: Joi.string().max(200) })),
  _metadata: usage,
});
const setsAnswer = shape({
  data: listOf(
    shape({
      id: Joi.string().max(200),
      name: Joi.string().max(200),
      count: optional(Joi.number().integer().min(0)),
      release_date: optional(Joi.string().allow(null, '')),
    }),
  ),
  meta,
  _metadata: usage,
});
/** Cards are judged one by one where they are stored: one that is not as it should be must not cost us its page. */
const cards = Joi.array().items(Joi.object().unknown(true)).max(1_000) as Joi.ArraySchema<
  SourceCard[]
>;
const cardsAnswer = shape({ data: cards, meta, _metadata: usage });
const batchAnswer = shape({ data: cards, _metadata: usage });

export interface SourceGame {
  id: string;
  name: string;
}

export interface SourceSet {
  id: string;
  name: string;
  cardCount: number;
  /** A calendar day, `2025-11-14`. */
  releasedOn: string | null;
}

export interface CardPage {
  cards: readonly SourceCard[];
  total: number;
  hasMore: boolean;
}

export type JustTcg = ReturnType<typeof createJustTcg>;

/** JustTCG's API, version 1. Rejects as every Provider does. */
export function createJustTcg(settings: Settings, providers: Providers) {
  const provider: Provider = providers.create({
    name: 'justtcg',
    baseUrl: settings.baseUrl,
    headers: () => ({ 'x-api-key': settings.key.reveal() }),
    // A page of 100 cards with all of their variants is about half a megabyte.
    maxBytes: 8 * 1024 * 1024,
    // Leaves time for a second try within the deadline of 15 s.
    attemptMs: 6_000,
    concurrency: 4,
  });
  let left: number | undefined;

  function note(metadata: {
    apiDailyLimit?: number;
    apiDailyRequestsRemaining?: number;
    apiRequestsRemaining?: number;
  }): void {
    const { apiDailyRequestsRemaining: today, apiRequestsRemaining: month } = metadata;
    if (today === undefined && month === undefined) return;
    left = Math.max(0, Math.min(today ?? Infinity, month ?? Infinity));
    provider.noteQuota({
      remaining: left,
      resetsAt: nextDay(),
      ...(metadata.apiDailyLimit === undefined ? {} : { limit: metadata.apiDailyLimit }),
    });
  }

  return {
    pageSize: settings.pageSize,

    /** When calls are so few that what can wait should: the time of the next ones. As of the last answer. */
    scarceUntil: (): Date | undefined =>
      left !== undefined && left <= settings.quotaReserve ? nextDay() : undefined,

    async games(signal: AbortSignal): Promise<SourceGame[]> {
      const { body } = await provider.fetchJson({ path: '/games', schema: gamesAnswer, signal });
      note(body._metadata);
      return body.data;
    },

    /** All sets of a game. */
    async sets(gameId: string, signal: AbortSignal): Promise<SourceSet[]> {
      const found: SourceSet[] = [];
      for (let more = true; more;) {
        const { body } = await provider.fetchJson({
          path: '/sets',
          query: { game: gameId, limit: settings.pageSize, offset: found.length },
          schema: setsAnswer,
          signal,
        });
        note(body._metadata);
        found.push(...body.data.map(asSet));
        more = body.meta.hasMore && body.data.length > 0;
      }
      return found;
    },

    /** One page of a set, in the provider's order. */
    async cards(
      shelf: { gameId: string; setId: string },
      offset: number,
      signal: AbortSignal,
    ): Promise<CardPage> {
      const { body } = await provider.fetchJson({
        path: '/cards',
        query: {
          game: shelf.gameId,
          set: shelf.setId,
          limit: settings.pageSize,
          offset,
          include_null_prices: true,
        },
        schema: cardsAnswer,
        signal,
      });
      note(body._metadata);
      return { cards: body.data, total: body.meta.total, hasMore: body.meta.hasMore };
    },

    /** The cards with these uuids, at most a page of them. Those that are gone are left out. */
    async lookUp(cardIds: readonly string[], signal: AbortSignal): Promise<readonly SourceCard[]> {
      const { body } = await provider.fetchJson({
        method: 'POST',
        path: '/cards',
        body: cardIds.map((cardId) => ({ cardId })),
        schema: batchAnswer,
        // It only reads.
        idempotent: true,
        signal,
      });
      note(body._metadata);
      return body.data;
    },
  };
}

const asSet = (set: {
  id: string;
  name: string;
  count?: number;
  release_date?: string | null;
}): SourceSet => ({
  id: set.id,
  name: set.name,
  cardCount: set.count ?? 0,
  releasedOn: /^\d{4}-\d\d-\d\d/.exec(set.release_date ?? '')?.[0] ?? null,
});

/** Quotas of a day end with it, by UTC. */
export function nextDay(now = new Date()): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() + 1));
}
