import type { EntitlementsNow } from './types.ts';

interface Remembered {
  /** Undefined while it is looked up. */
  now: EntitlementsNow | undefined;
  /** Of performance.now(). */
  staleAt: number;
  looking: Promise<EntitlementsNow> | undefined;
}

/** What is known of users for a short time. Many who ask at once share one look-up, and an error is not remembered. */
export class Memory {
  readonly #users = new Map<string, Remembered>();
  readonly #options: {
    load: (userId: string) => Promise<EntitlementsNow>;
    freshMs: () => number;
    mostUsers: number;
  };

  constructor(options: {
    load: (userId: string) => Promise<EntitlementsNow>;
    freshMs: () => number;
    mostUsers: number;
  }) {
    this.#options = options;
  }

  get size(): number {
    return this.#users.size;
  }

  get(userId: string): Promise<EntitlementsNow> {
    const known = this.#users.get(userId);
    if (known?.looking) return known.looking;
    if (known?.now && isFresh(known, known.now)) return Promise.resolve(known.now);
    return this.#look(userId);
  }

  /** A look-up under way began before: those who wait for it get it, and it is not remembered. */
  forget(userId: string): void {
    this.#users.delete(userId);
  }

  clear(): void {
    this.#users.clear();
  }

  async #look(userId: string): Promise<EntitlementsNow> {
    const entry: Remembered = { now: undefined, staleAt: 0, looking: undefined };
    // Anew at the end of the map, whose first is forgotten first.
    this.#users.delete(userId);
    this.#users.set(userId, entry);
    if (this.#users.size > this.#options.mostUsers) {
      const [oldest] = this.#users.keys();
      if (oldest !== undefined) this.#users.delete(oldest);
    }
    // What is true is so from before it was asked for.
    entry.staleAt = performance.now() + this.#options.freshMs();
    entry.looking = this.#options.load(userId);
    try {
      entry.now = await entry.looking;
      return entry.now;
    } catch (error) {
      if (this.#users.get(userId) === entry) this.#users.delete(userId);
      throw error;
    } finally {
      entry.looking = undefined;
    }
  }
}

/** Neither too old nor changed meanwhile by time alone: that shows at its very moment, whatever is remembered. */
const isFresh = ({ staleAt }: Remembered, { changesAt }: EntitlementsNow): boolean =>
  performance.now() < staleAt && (changesAt === null || Date.now() < changesAt.getTime());
