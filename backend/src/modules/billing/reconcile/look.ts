import { AppError } from '../../../kernel/errors/index.ts';
import type { BillingProvider, Recordable } from '../provider.ts';
import { differences, type Purchase } from '../purchase-row.ts';
import type { PurchaseTruth } from '../truth.ts';
import type { Pace } from './pace.ts';
import type { Item, WorkRepository } from './work-repository.ts';

/** What the provider says of something that we may know. */
export interface Said {
  known: Purchase | undefined;
  /** Undefined where the provider does not know it. */
  truth: PurchaseTruth | undefined;
  /** Whether anything is to be written of it. */
  differs: boolean;
  /** What else is then done. */
  alongside?: Recordable['alongside'];
}

/** What a look at one item came to. An error says nothing about a purchase. */
export type Look =
  | { kind: 'said'; said: Said[] }
  | { kind: 'failed'; code: string; error: unknown }
  /** It could not be asked, and asks for patience until then, by `performance.now`. */
  | Away;
type Away = { kind: 'away'; code: string; until: number };

/** How many of a portion are asked about at once, of the places that all calls of the provider share. */
const atOnce = 4;

export type Looker = ReturnType<typeof createLooker>;

/** Asks a provider about what is stored. Nothing is written here. */
export function createLooker({ work }: { work: WorkRepository }) {
  /** Whether it is another user's matters to nobody here: an owner stays. */
  async function differs(known: Purchase, truth: PurchaseTruth): Promise<boolean> {
    if (Object.keys(differences(known, truth)).length > 0) return true;
    if (known.userId !== null || truth.userId === null) return false;
    return (await work.usersThere([truth.userId])).has(truth.userId);
  }

  async function said(
    item: Item,
    provider: BillingProvider,
    pace: Pace,
    signal: AbortSignal,
  ): Promise<Said[]> {
    const fetch = async (key: string) => {
      await pace(signal);
      return provider.fetch(key, signal);
    };
    if (item.kind === 'purchase') {
      const { purchase: known } = item;
      const truth = await fetch(known.key);
      const isDrift = truth !== undefined && (await differs(known, truth));
      if (!isDrift || provider.fetchToRecord === undefined)
        return [{ known, truth, differs: isDrift }];
      await pace(signal);
      const found = await provider.fetchToRecord(known.key, signal);
      return [{ known, differs: true, ...(found ?? { truth: undefined }) }];
    }
    if (provider.discover === undefined) return [];
    const { userId, customerId } = item.account;
    await pace(signal);
    const keys = await provider.discover(customerId, signal);
    const found: Said[] = [];
    for (const key of await work.unownedKeys(provider.name, keys)) {
      const truth = await fetch(key);
      // The customer is the user's, whether or not the purchase says so.
      if (truth !== undefined)
        found.push({
          known: undefined,
          truth: { ...truth, userId: truth.userId ?? userId },
          differs: true,
        });
    }
    return found;
  }

  async function look(
    item: Item,
    provider: BillingProvider,
    pace: Pace,
    signal: AbortSignal,
  ): Promise<Look> {
    try {
      return { kind: 'said', said: await said(item, provider, pace, signal) };
    } catch (error) {
      signal.throwIfAborted();
      if (!AppError.is(error)) return { kind: 'failed', code: 'INTERNAL_ERROR', error };
      const { code, provider: blamed, retryAfterSeconds: seconds } = error;
      // Our own database is no word on the provider: this attempt ends, and the next one goes on.
      if (code.startsWith('DATABASE_')) throw error;
      return blamed === undefined || seconds === undefined
        ? { kind: 'failed', code, error }
        : { kind: 'away', code, until: performance.now() + seconds * 1_000 };
    }
  }

  return {
    /**
     * Looks at the items in their order, some at once. Where the provider asks for patience nobody asks on: the answer ends
     * before the first item that could not be asked about, and says how that was.
     */
    async portion(
      items: readonly Item[],
      provider: BillingProvider,
      pace: Pace,
      signal: AbortSignal,
    ): Promise<{ looks: Look[]; away: Away | undefined }> {
      const looks: (Look | undefined)[] = items.map(() => undefined);
      let next = 0;
      let isAway = false;
      const worker = async (): Promise<void> => {
        for (;;) {
          const index = next;
          const item = items[index];
          if (item === undefined || isAway) return;
          next += 1;
          const seen = await look(item, provider, pace, signal);
          looks[index] = seen;
          if (seen.kind === 'away') isAway = true;
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      const end = looks.findIndex((seen) => seen === undefined || seen.kind === 'away');
      const done = (end === -1 ? looks : looks.slice(0, end)) as Look[];
      const [away] = looks
        .filter((seen) => seen?.kind === 'away')
        .sort((one, other) => other.until - one.until);
      return { looks: done, away };
    },
  };
}
