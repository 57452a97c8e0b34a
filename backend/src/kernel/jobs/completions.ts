import type { Claim } from './claim.ts';

interface Waiting {
  claim: Claim;
  resolve: (held: boolean) => void;
  reject: (error: unknown) => void;
}

/** Completes jobs of one queue; false where the job was no longer this attempt's. */
export type Complete = (claim: Claim) => Promise<boolean>;

/**
 * Many short jobs end at once: those that end while a statement is under way are completed by the next one, together.
 * @param settle Completes them and resolves with the ids of those that were still held.
 */
export function createCompletions(
  settle: (claims: readonly Claim[]) => Promise<ReadonlySet<string>>,
): Complete {
  let waiting: Waiting[] = [];
  let busy = false;

  async function work(): Promise<void> {
    busy = true;
    // What ends in the same turn of the loop goes along.
    await new Promise(setImmediate);
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        const settled = await settle(batch.map(({ claim }) => claim));
        for (const { claim, resolve } of batch) resolve(settled.has(claim.id));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    busy = false;
  }

  return (claim) =>
    new Promise((resolve, reject) => {
      waiting.push({ claim, resolve, reject });
      if (!busy) void work();
    });
}
