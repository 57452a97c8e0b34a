/** A card as JustTCG sends it. Nothing in it is believed yet: `catalog.upsert_cards` judges each row for itself. */
export interface SourceCard {
  readonly [key: string]: unknown;
  readonly variants?: unknown;
}

/** Whose cards these are; the answer names games by their title, which is no id. */
export interface Shelf {
  gameId: string;
  setId: string;
}

export const outcomes = ['inserted', 'updated', 'unchanged', 'rejected'] as const;
export type Outcome = (typeof outcomes)[number];

/** What became of one row of a batch. Rows are counted from 1. */
export interface RowOutcome {
  kind: 'card' | 'variant';
  cardRow: number;
  /** Null for a card. */
  variantRow: number | null;
  /** As given; null where there was none. */
  id: string | null;
  outcome: Outcome;
  /** Of a rejected one. */
  reason: string | null;
}

/** Rows for `catalog.upsert_cards`: their names, not their values, are made ours. */
export function batchOf(cards: readonly SourceCard[], shelf: Shelf): unknown[] {
  return cards.map((card) =>
    storable({
      id: card.uuid,
      slug: card.id,
      gameId: shelf.gameId,
      setId: shelf.setId,
      name: card.name,
      number: card.number,
      rarity: card.rarity,
      tcgplayerId: card.tcgplayerId,
      variants: listed(card.variants).map((variant) =>
        storable({
          id: variant.uuid,
          slug: variant.id,
          condition: variant.condition,
          printing: variant.printing,
          language: variant.language,
          price: variant.price,
          pricedAt: variant.lastUpdated,
        }),
      ),
    }),
  );
}

const listed = (value: unknown): readonly SourceCard[] =>
  Array.isArray(value)
    ? (value as unknown[]).map((entry) =>
        typeof entry === 'object' && entry !== null ? (entry as SourceCard) : {},
      )
    : [];

/** One text with a NUL would make the whole batch unreadable to Postgres. */
const storable = (row: Record<string, unknown>): unknown =>
  Object.entries(row).some(([name, value]) => name !== 'variants' && !isStorable(value))
    ? { unstorable: true }
    : row;

const isStorable = (value: unknown): boolean =>
  typeof value === 'string'
    ? !value.includes('\0') && value.isWellFormed()
    : typeof value !== 'object' || value === null;

export type Tally = Record<Outcome, number>;

/** How many rows of a kind came out how. */
export function tally(rows: readonly RowOutcome[], kind: RowOutcome['kind']): Tally {
  const counts: Tally = { inserted: 0, updated: 0, unchanged: 0, rejected: 0 };
  for (const row of rows) if (row.kind === kind) counts[row.outcome] += 1;
  return counts;
}
