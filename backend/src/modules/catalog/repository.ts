import type { Database, ReadOptions, RowIdentity } from '../../kernel/db/index.ts';
import type { Position } from './cursor.ts';
import type {
  Card,
  CardChanges,
  CardQuery,
  CardWithVariants,
  CatalogSet,
  Game,
  Variant,
} from './schema.ts';

export type CatalogRepository = ReturnType<typeof createCatalogRepository>;

type CardFilter = Omit<CardQuery, 'cursor'> & { after: Position | undefined };

const cardColumns = `c.id, c.slug, c.game_id as "gameId", c.set_id as "setId", s.name as "setName", c.name, c.number,
  c.rarity, c.tcgplayer_id as "tcgplayerId", c.is_published as "isPublished",
  c.corrections <> '{}' as "isCorrected", c.last_seen_at as "lastSeenAt",
  (select min(v.price)::float8 from catalog.variants as v where v.card_id = c.id) as "lowestPrice"`;

const cardSource = `catalog.cards as c join catalog.sets as s on s.game_id = c.game_id and s.id = c.set_id`;

/** What a caller may see and change is decided by row-level security. */
export function createCatalogRepository(db: Database) {
  async function find(
    caller: RowIdentity,
    id: string,
    signal?: AbortSignal,
  ): Promise<CardWithVariants | undefined> {
    const { rows } = await db.readAsCaller<Card & { variants: Variant[] | null }>(
      caller,
      `select ${cardColumns}, (
         select jsonb_agg(jsonb_build_object(
           'id', v.id, 'condition', v.condition, 'printing', v.printing, 'language', v.language,
           'price', v.price, 'pricedAt', v.priced_at, 'lastSeenAt', v.last_seen_at
         ) order by v.printing, v.language, v.price desc nulls last, v.id)
         from catalog.variants as v where v.card_id = c.id
       ) as variants
       from ${cardSource} where c.id = $1`,
      [id],
      reading(signal),
    );
    const [card] = rows;
    return card && { ...card, variants: (card.variants ?? []).map(withTimes) };
  }

  return {
    async games(caller: RowIdentity, signal?: AbortSignal): Promise<Game[]> {
      const { rows } = await db.readAsCaller<Game>(
        caller,
        `select id, name, (select count(*)::integer from catalog.sets where game_id = games.id) as "setCount"
         from catalog.games order by name collate "C", id`,
        [],
        reading(signal),
      );
      return rows;
    },

    async sets(caller: RowIdentity, gameId: string, signal?: AbortSignal): Promise<CatalogSet[]> {
      const { rows } = await db.readAsCaller<CatalogSet>(
        caller,
        `select id, game_id as "gameId", name, card_count as "cardCount", released_on::text as "releasedOn",
           synced_at as "syncedAt"
         from catalog.sets where game_id = $1
         order by released_on desc nulls last, id`,
        [gameId],
        reading(signal),
      );
      return rows;
    },

    /** By name. */
    async cards(caller: RowIdentity, filter: CardFilter, signal?: AbortSignal): Promise<Card[]> {
      const { rows } = await db.readAsCaller<Card>(
        caller,
        `select ${cardColumns} from ${cardSource}
         where ($1::text is null or (c.name collate "C", c.id) > ($1 collate "C", $2::uuid))
           and ($3::text is null or c.game_id = $3)
           and ($4::text is null or c.set_id = $4)
           and ($5::text is null or c.name ilike $5)
           and ($6::text is null or c.rarity = $6)
         order by c.name collate "C", c.id
         limit $7`,
        [
          filter.after?.name,
          filter.after?.id,
          filter.game,
          filter.set,
          filter.q === undefined ? undefined : containing(filter.q),
          filter.rarity,
          filter.limit,
        ],
        reading(signal),
      );
      return rows;
    },

    find,

    /** False where there is no such card. For admins: others are refused by the database. */
    async change(caller: RowIdentity, id: string, changes: CardChanges): Promise<boolean> {
      const { isPublished, ...corrections } = changes;
      const { rowCount } = await db.asCaller(caller, (tx) =>
        tx.query(
          `update catalog.cards set
             is_published = coalesce($2, is_published),
             corrections = jsonb_strip_nulls(corrections || $3::jsonb)
           where id = $1`,
          [id, isPublished, JSON.stringify(corrections)],
        ),
      );
      return rowCount > 0;
    },
  };
}

/** JSON has no dates. */
const withTimes = (variant: Variant): Variant => ({
  ...variant,
  pricedAt: variant.pricedAt && new Date(variant.pricedAt),
  lastSeenAt: new Date(variant.lastSeenAt),
});

const containing = (words: string): string => `%${words.replace(/[\\%_]/g, String.raw`\$&`)}%`;

const reading = (signal: AbortSignal | undefined): ReadOptions => (signal ? { signal } : {});
