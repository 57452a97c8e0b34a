import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startThrowawayCluster } from '../../../../../local/postgres/throwaway.ts';
import { testTemplate } from '../../../../../test/support/template.ts';
import { batchOf, type SourceCard } from '../../batch.ts';

/** Medians of a page that is new, whose prices have moved, or that is as it was. Milliseconds. */
export interface UpsertStanding {
  what: 'new' | 'moved' | 'unchanged';
  batchMs: number;
  /** One statement a row, each committed by itself. */
  rowByRowMs: number;
  /** The same within one transaction: the gentlest way to write row by row. */
  rowsInOneTransactionMs: number;
}

export interface UpsertContest {
  cards: number;
  variants: number;
  standings: UpsertStanding[];
}

const shelf = { gameId: 'bench', setId: 'bench' };
const cardCount = 100;
const variantsEach = 8;
const rounds = 3;
/** The batch takes so little that it is timed more often. */
const repeats = { batch: 5, rows: 1, transaction: 1 };

const ways = ['batch', 'rows', 'transaction'] as const;
type Way = (typeof ways)[number];

/**
 * A page of 100 cards with 8 variants each, stored by the one statement and by one statement a row, in turns, over the same
 * connection to the same database: one that flushes its commits to disk, as those that matter do. Row by row is what one
 * writes first: an upsert for each card, then one for each of its variants.
 */
export async function batchUpsert(signal?: AbortSignal): Promise<UpsertContest> {
  const cluster = await startThrowawayCluster({ durable: true });
  try {
    await cluster.createTemplate(testTemplate.name, testTemplate.prepare);
    const database = await cluster.cloneDatabase(testTemplate.name);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    try {
      return await compete(client, signal);
    } finally {
      await client.end();
    }
  } finally {
    await cluster.stop();
  }
}

async function compete(client: Client, signal: AbortSignal | undefined): Promise<UpsertContest> {
  await client.query(`set role service_role`);
  await client.query(`insert into catalog.games (id, name) values ('bench', 'Bench')`);
  await client.query(
    `insert into catalog.sets (game_id, id, name, card_count) values ('bench', 'bench', 'Bench', 100)`,
  );
  const times = { new: timesOfWays(), moved: timesOfWays(), unchanged: timesOfWays() };
  for (let round = 0; round < rounds; round += 1) {
    // The same work on rows of its own for each, in turns.
    for (let turn = 0; turn < ways.length; turn += 1) {
      signal?.throwIfAborted();
      const way = ways[(round + turn) % ways.length] as Way;
      const store = (cards: readonly SourceCard[]) => timed(() => stores[way](client, cards));
      for (let repeat = 0; repeat < repeats[way]; repeat += 1) {
        const page = makePage();
        times.new[way].push(await store(page));
        times.unchanged[way].push(await store(page));
        times.moved[way].push(await store(withOtherPrices(page)));
      }
    }
  }
  const standings = (['new', 'moved', 'unchanged'] as const).map((what) => ({
    what,
    batchMs: median(times[what].batch),
    rowByRowMs: median(times[what].rows),
    rowsInOneTransactionMs: median(times[what].transaction),
  }));
  return { cards: cardCount, variants: cardCount * variantsEach, standings };
}

const timesOfWays = (): Record<Way, number[]> => ({ batch: [], rows: [], transaction: [] });

const stores: Record<Way, (client: Client, page: readonly SourceCard[]) => Promise<void>> = {
  batch: storeBatch,
  rows: storeRows,
  async transaction(client, page) {
    await client.query('begin');
    await storeRows(client, page);
    await client.query('commit');
  },
};

async function storeBatch(client: Client, page: readonly SourceCard[]): Promise<void> {
  const batch = JSON.stringify(batchOf(page, shelf));
  const { rows } = await client.query<{ outcome: string }>(
    `select kind, card_row, variant_row, id, outcome, reason from catalog.upsert_cards($1::jsonb, now())
     order by kind, card_row, variant_row`,
    [batch],
  );
  if (
    rows.length !== cardCount * (1 + variantsEach) ||
    rows.some((row) => row.outcome === 'rejected')
  )
    throw new Error('The batch was not stored whole');
}

async function storeRows(client: Client, page: readonly SourceCard[]): Promise<void> {
  for (const card of page) {
    await client.query(
      `insert into catalog.cards as old (
         id, slug, game_id, set_id, source_name, source_number, source_rarity, tcgplayer_id,
         first_seen_at, last_seen_at, created_in, changed_in
       ) values ($1, $2, $3, $4, $5, $6, $7, $8, now(), now(), 0, 0)
       on conflict (id) do update set slug = excluded.slug, source_name = excluded.source_name,
         source_number = excluded.source_number, source_rarity = excluded.source_rarity,
         tcgplayer_id = excluded.tcgplayer_id, last_seen_at = excluded.last_seen_at
       returning id`,
      [
        card.uuid,
        card.id,
        shelf.gameId,
        shelf.setId,
        card.name,
        card.number,
        card.rarity,
        card.tcgplayerId,
      ],
    );
    for (const variant of card.variants as SourceCard[]) {
      await client.query(
        `insert into catalog.variants as old (
           id, card_id, slug, condition, printing, language, price, priced_at,
           first_seen_at, last_seen_at, created_in, changed_in
         ) values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8::float8), now(), now(), 0, 0)
         on conflict (id) do update set card_id = excluded.card_id, slug = excluded.slug,
           condition = excluded.condition, printing = excluded.printing, language = excluded.language,
           price = excluded.price, priced_at = excluded.priced_at, last_seen_at = excluded.last_seen_at
         returning id`,
        [
          variant.uuid,
          card.uuid,
          variant.id,
          variant.condition,
          variant.printing,
          variant.language,
          variant.price,
          variant.lastUpdated,
        ],
      );
    }
  }
}

const makePage = (): SourceCard[] =>
  Array.from({ length: cardCount }, (_, nr) => ({
    uuid: randomUUID(),
    id: `bench-card-${nr}`,
    name: `Card ${nr}`,
    number: String(nr),
    rarity: 'Rare',
    tcgplayerId: String(100_000 + nr),
    variants: Array.from({ length: variantsEach }, (_variant, variantNr) => ({
      uuid: randomUUID(),
      id: `bench-card-${nr}-variant-${variantNr}`,
      condition: 'Near Mint',
      printing: 'Normal',
      language: 'English',
      price: nr + variantNr / 10,
      lastUpdated: 1_793_491_200,
    })),
  }));

const withOtherPrices = (page: readonly SourceCard[]): SourceCard[] =>
  page.map((card) => ({
    ...card,
    variants: (card.variants as { price: number }[]).map((variant) => ({
      ...variant,
      price: variant.price + 1,
    })),
  }));

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
