import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startThrowawayCluster } from '../../../../../local/postgres/throwaway.ts';
import { openDatabase } from '../../../../../test/support/open-database.ts';
import { testTemplate } from '../../../../../test/support/template.ts';
import type { Database } from '../../../../kernel/db/index.ts';
import { batchOf, type SourceCard } from '../../batch.ts';
import { upsertCards } from '../../upsert-repository.ts';

/** Medians of a page that is new, whose prices have moved, or that is as it was. Milliseconds. */
export interface UpsertStanding {
  what: 'new' | 'moved' | 'unchanged';
  batchMs: number;
  /** One upsert a row by the server's own database, as a repository would write it first. */
  rowByRowMs: number;
  /** The same as bare statements of the driver, each committed by itself. */
  bareStatementsMs: number;
  /** All rows in one transaction: the gentlest way to write row by row. */
  oneTransactionMs: number;
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
const repeats = { batch: 5, rows: 1, bare: 1, transaction: 1 };

const ways = ['batch', 'rows', 'bare', 'transaction'] as const;
type Way = (typeof ways)[number];

/**
 * A page of 100 cards with 8 variants each, stored by the one statement and by one statement a row, in turns, over one
 * connection to a database that flushes its commits to disk, as those that matter do.
 */
export async function batchUpsert(signal?: AbortSignal): Promise<UpsertContest> {
  const cluster = await startThrowawayCluster({ durable: true });
  try {
    await cluster.createTemplate(testTemplate.name, testTemplate.prepare);
    const { url } = await cluster.cloneDatabase(testTemplate.name);
    const client = new Client({ connectionString: url });
    await client.connect();
    const db = openDatabase(url, { poolMax: 1, statementTimeoutMs: 30_000 });
    try {
      return await compete({ db, client }, signal);
    } finally {
      await db.close();
      await client.end();
    }
  } finally {
    await cluster.stop();
  }
}

interface Stand {
  db: Database;
  client: Client;
}

async function compete(stand: Stand, signal: AbortSignal | undefined): Promise<UpsertContest> {
  await stand.client.query(
    `set role service_role;
     insert into catalog.games (id, name) values ('bench', 'Bench');
     insert into catalog.sets (game_id, id, name, card_count) values ('bench', 'bench', 'Bench', 100)`,
  );
  const times = { new: timesOfWays(), moved: timesOfWays(), unchanged: timesOfWays() };
  for (let round = 0; round < rounds; round += 1) {
    // The same work on rows of its own for each, in turns.
    for (let turn = 0; turn < ways.length; turn += 1) {
      signal?.throwIfAborted();
      const way = ways[(round + turn) % ways.length] as Way;
      const store = (cards: readonly SourceCard[]) => timed(() => stores[way](stand, cards));
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
    bareStatementsMs: median(times[what].bare),
    oneTransactionMs: median(times[what].transaction),
  }));
  return { cards: cardCount, variants: cardCount * variantsEach, standings };
}

const timesOfWays = (): Record<Way, number[]> => ({
  batch: [],
  rows: [],
  bare: [],
  transaction: [],
});

type Run = (sql: string, values: unknown[]) => Promise<unknown>;

const stores: Record<Way, (stand: Stand, page: readonly SourceCard[]) => Promise<void>> = {
  async batch({ db }, page) {
    const rows = await db.asService((tx) => upsertCards(tx, batchOf(page, shelf), new Date()));
    const stored = rows.filter(({ outcome }) => outcome !== 'rejected');
    if (stored.length !== cardCount * (1 + variantsEach))
      throw new Error('The batch was not stored whole');
  },
  rows: ({ db }, page) =>
    storeRows((sql, values) => db.asService((tx) => tx.query(sql, values)), page),
  bare: ({ client }, page) => storeRows((sql, values) => client.query(sql, values), page),
  transaction: ({ db }, page) =>
    db.asService((tx) => storeRows((sql, values) => tx.query(sql, values), page)),
};

/** An upsert for each card, then one for each of its variants. */
async function storeRows(run: Run, page: readonly SourceCard[]): Promise<void> {
  for (const card of page) {
    await run(
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
      await run(
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
