import { createHash } from 'node:crypto';
import { createRandom } from './faults.ts';

/** A made-up catalog that is the same on every machine: 6 games, 48 sets, some 5,000 cards and 30,000 variants. */
export interface FakeGame {
  id: string;
  name: string;
  sets: readonly FakeSet[];
}

export interface FakeSet {
  id: string;
  name: string;
  gameId: string;
  game: string;
  count: number;
  releaseDate: string;
}

export interface FakeVariant {
  id: string;
  uuid: string;
  condition: string;
  printing: string;
  language: string;
  tcgplayerSkuId: string;
  price: number;
  lastUpdated: number;
  priceChange24hr: number;
  priceChange7d: number;
}

export interface FakeCard {
  id: string;
  uuid: string;
  name: string;
  game: string;
  set: string;
  set_name: string;
  number: string;
  rarity: string;
  tcgplayerId: string;
  scryfallId: null;
  mtgjsonId: null;
  details: null;
  variants: FakeVariant[];
}

const gameNames = [
  'Pokemon',
  'Magic: The Gathering',
  'YuGiOh',
  'Disney Lorcana',
  'One Piece Card Game',
  'Digimon Card Game',
];
const setNames = [
  'First Light',
  'Shattered Crown',
  'Tides of Amber',
  'Night Market',
  'Ironwood',
  'Echoes',
  'Storm Front',
  'Errata Promos',
];
const firstWords = 'Amber Ashen Brave Crystal Dusk Ember Frost Gilded Hollow Iron Jade Lunar'.split(
  ' ',
);
const secondWords =
  'Archer Basilisk Charger Drake Enchanter Falcon Golem Herald Imp Jackal Knight Lynx'.split(' ');
const rarities = ['Common', 'Common', 'Common', 'Uncommon', 'Uncommon', 'Rare', 'Ultra Rare'];
const conditions = [
  'Near Mint',
  'Lightly Played',
  'Moderately Played',
  'Heavily Played',
  'Damaged',
];
const wear = [1, 0.87, 0.71, 0.52, 0.33];

/** When all prices were last looked at, before any is moved: 1 November 2026. */
const epochSeconds = 1_793_491_200;
const dayMs = 86_400_000;

export const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

const seedOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);

function uuidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `5${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

export const games: readonly FakeGame[] = gameNames.map((name, gameIndex) => {
  const id = slug(name);
  return {
    id,
    name,
    sets: setNames.map((setName, index) => ({
      id: `${slug(setName)}-${id}`,
      name: setName,
      gameId: id,
      game: name,
      count: 60 + (seedOf(`${id}/${setName}`) % 130),
      releaseDate: new Date(Date.UTC(2024, gameIndex, 1 + index * 7) + index * 60 * dayMs)
        .toISOString()
        .slice(0, 10),
    })),
  };
});

export const sets: readonly FakeSet[] = games.flatMap((game) => game.sets);

/** The cards of a set with prices of this revision; dearest first, as the real one lists them. */
export function cardsOf(set: FakeSet, revision: number): readonly FakeCard[] {
  if (revision !== made.revision) made = { revision, cards: new Map() };
  let cards = made.cards.get(set.id);
  if (cards === undefined) made.cards.set(set.id, (cards = makeCards(set, revision)));
  return cards;
}

/** What was made already, of one revision. */
let made = { revision: 0, cards: new Map<string, readonly FakeCard[]>() };

function makeCards(set: FakeSet, revision: number): FakeCard[] {
  return Array.from({ length: set.count }, (_, index) => cardOf(set, index, revision)).sort(
    (one, other) => topPrice(other) - topPrice(one) || (one.id < other.id ? -1 : 1),
  );
}

const topPrice = (card: FakeCard): number =>
  Math.max(...card.variants.map((variant) => variant.price));

function cardOf(set: FakeSet, index: number, revision: number): FakeCard {
  const random = createRandom(seedOf(`${set.id}#${index}`));
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const name = `${pick(firstWords)} ${pick(secondWords)}`;
  const number = String(index + 1).padStart(3, '0');
  const rarity = pick(rarities);
  const id = `${set.gameId}-${slug(set.name)}-${slug(name)}-${number}`;
  const base = 0.1 + random() ** 4 * 120;
  const printings = random() < 0.4 ? ['Normal', 'Foil'] : ['Normal'];
  const languages = random() < 0.15 ? ['English', 'Japanese'] : ['English'];
  const moved = revision === 0 ? 1 : priceMove(id, revision);
  const variants = printings.flatMap((printing) =>
    languages.flatMap((language) =>
      conditions.map((condition, worn): FakeVariant => {
        const variantId = `${id}_${slug(condition)}_${slug(printing)}_${slug(language)}`;
        const price = base * (wear[worn] ?? 1) * (printing === 'Foil' ? 2.4 : 1) * moved;
        return {
          id: variantId,
          uuid: uuidOf(variantId),
          condition,
          printing,
          language,
          tcgplayerSkuId: String(1_000_000 + (seedOf(variantId) % 8_000_000)),
          price: Math.max(0.01, Math.round(price * 100) / 100),
          lastUpdated: epochSeconds + (moved === 1 ? 0 : revision * 3600),
          priceChange24hr: Math.round((moved - 1) * 10_000) / 100,
          priceChange7d: Math.round((moved - 1) * 20_000) / 100,
        };
      }),
    ),
  );
  const card: FakeCard = {
    id,
    uuid: uuidOf(id),
    name,
    game: set.game,
    set: set.id,
    set_name: set.name,
    number,
    rarity,
    tcgplayerId: String(100_000 + (seedOf(id) % 800_000)),
    scryfallId: null,
    mtgjsonId: null,
    details: null,
    variants,
  };
  return set.name === 'Errata Promos' && index === 6 ? misprinted(card) : card;
}

/** About a third of the cards move with each revision. */
function priceMove(id: string, revision: number): number {
  const random = createRandom(seedOf(`${id}@${revision}`));
  return random() < 0.34 ? 0.8 + random() * 0.5 : 1;
}

/** Real catalogs have rows that nobody can use: each set of errata has one card without a name and with a price below 0. */
function misprinted(card: FakeCard): FakeCard {
  const variants = card.variants.map((variant, index) =>
    index === 0 ? { ...variant, price: -1 } : variant,
  );
  return { ...card, name: '', variants };
}
