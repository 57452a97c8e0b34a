import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { openDatabase } from '../../../../test/support/open-database.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { grouped } from '../../../../../scripts/prove/measure/summary.ts';
import { batchOf, type SourceCard } from '../batch.ts';
import { upsertCards } from '../upsert-repository.ts';

const cardsEach = 25;
const variantsEach = 4;

/** What can be wrong with a row, and what is to be said of it. */
const badCards: readonly (readonly [object, string])[] = [
  [{ name: '' }, 'name is missing or too long'],
  [{ name: 'x'.repeat(5_000) }, 'name is missing or too long'],
  [{ name: 'a\0b' }, 'has characters that cannot be stored'],
  [{ rarity: '\ud800' }, 'has characters that cannot be stored'],
  [{ uuid: 'not-a-uuid' }, 'id is no uuid'],
  [{ uuid: null }, 'id is no uuid'],
  [{ id: '' }, 'slug is missing or too long'],
  [{ number: '9'.repeat(61) }, 'number is too long'],
];
const badVariants: readonly (readonly [object, string])[] = [
  [{ price: -1 }, 'price is out of range'],
  [{ price: 1e300 }, 'price is out of range'],
  [{ price: 'free' }, 'price is no number'],
  [{ condition: null }, 'condition is missing or too long'],
  [{ printing: '\0' }, 'has characters that cannot be stored'],
  [{ lastUpdated: -5 }, 'pricedAt is out of range'],
  [{ uuid: '--------' }, 'id is no uuid'],
];

export default defineClaim({
  id: 'catalog-bad-row',
  phase: 5,
  claim:
    'A card or variant that cannot be stored, wherever it stands in its batch, is rejected by name and reason, and every other row of the batch is stored.',
  bound: 'every other row stored, every bad one named',
  seconds: 15,
  async measure({ stack, progress, signal }) {
    const db = openDatabase(stack.database.url, { statementTimeoutMs: 10_000 });
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    const faults: string[] = [];
    let batches = 0;
    let expected = 0;
    try {
      await client.query(
        `insert into catalog.games (id, name) values ('game', 'Game');
         insert into catalog.sets (game_id, id, name, card_count) values ('game', 'set', 'Set', 0)`,
      );
      const cases = [
        ...badCards.map(([wrong, reason]) => ({ kind: 'card' as const, wrong, reason })),
        ...badVariants.map(([wrong, reason]) => ({ kind: 'variant' as const, wrong, reason })),
      ];
      for (const { kind, wrong, reason } of cases) {
        for (let position = 0; position < cardsEach; position += 4) {
          signal.throwIfAborted();
          const cards = makeCards();
          spoil(cards, position, kind, wrong);
          const batch = batchOf(cards, { gameId: 'game', setId: 'set' });
          const rows = await db.asService((tx) => upsertCards(tx, batch, new Date()));
          batches += 1;
          expected +=
            kind === 'card'
              ? (cardsEach - 1) * (1 + variantsEach)
              : cardsEach * (1 + variantsEach) - 1;
          const bad = rows.filter((row) => row.kind === kind && row.outcome === 'rejected');
          const [only] = bad;
          if (bad.length !== 1 || only?.reason !== reason || only.cardRow !== position + 1)
            faults.push(
              `${JSON.stringify(wrong).slice(0, 60)} at ${position}: ${JSON.stringify(bad)}`,
            );
        }
        progress(`${batches} batches`);
      }
      const { rows } = await client.query<{ stored: number }>(
        `select ((select count(*) from catalog.cards) + (select count(*) from catalog.variants))::integer as stored`,
      );
      const stored = rows[0]?.stored ?? 0;
      return {
        figure: `${batches} batches with a bad row each: ${grouped(stored)} of ${grouped(expected)} other rows stored, ${batches - faults.length} bad ones named with their reason`,
        holds: stored === expected && faults.length === 0,
        faults: faults.slice(0, 10),
      };
    } finally {
      await client.end();
      await db.close();
    }
  },
});

const makeCards = (): SourceCard[] =>
  Array.from({ length: cardsEach }, (_, nr) => ({
    uuid: randomUUID(),
    id: `card-${nr}`,
    name: `Card ${nr}`,
    number: String(nr),
    rarity: 'Rare',
    tcgplayerId: null,
    variants: Array.from({ length: variantsEach }, (_variant, variantNr) => ({
      uuid: randomUUID(),
      id: `card-${nr}-${variantNr}`,
      condition: 'Near Mint',
      printing: 'Normal',
      language: 'English',
      price: 1 + variantNr,
      lastUpdated: 1_793_491_200,
    })),
  }));

function spoil(
  cards: SourceCard[],
  position: number,
  kind: 'card' | 'variant',
  wrong: object,
): void {
  const card = cards[position];
  if (card === undefined) return;
  const variants = card.variants as object[];
  cards[position] =
    kind === 'card'
      ? { ...card, ...wrong }
      : { ...card, variants: variants.map((one, nr) => (nr === 1 ? { ...one, ...wrong } : one)) };
}
