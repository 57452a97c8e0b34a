import type { AuthAdmin } from '../../kernel/auth/index.ts';
import type { BillingRepository } from './repository.ts';
import type { BillingService } from './service.ts';

export type Mirror = ReturnType<typeof createMirror>;

/** Enough for changes that come while one is written; more are the next jobs'. */
const mostWrites = 5;

/** Keeps `app_metadata.entitlements` of users a copy of what they may use: a list of names. */
export function createMirror({
  authAdmin,
  billing,
}: {
  authAdmin: AuthAdmin;
  billing: Pick<BillingService, 'viewOf'>;
}) {
  const namesOf = async (userId: string): Promise<string[]> =>
    (await billing.viewOf(userId)).entitled.map(({ name }) => name);

  return {
    /**
     * Writes until what was written is what is true: of two that write at once the one that wrote last sees what the other
     * has changed.
     */
    async write(userId: string, signal: AbortSignal): Promise<void> {
      let names = await namesOf(userId);
      for (let writes = 1; writes <= mostWrites; writes += 1) {
        const isThere = await authAdmin.mergeAppMetadata(userId, { entitlements: names }, signal);
        if (!isThere) return;
        const now = await namesOf(userId);
        if (now.join() === names.join()) return;
        names = now;
      }
      throw new Error('What the user may use changes faster than it can be mirrored');
    },
  };
}

/** Users that one run of `mirrorAll` reads at a time. */
const usersAtOnce = 1_000;

/** Everybody who has ever bought something, in portions. */
export async function* buyers(repository: BillingRepository): AsyncGenerator<string[]> {
  let after: string | null = null;
  for (;;) {
    const portion: string[] = await repository.buyers(after, usersAtOnce);
    if (portion.length > 0) yield portion;
    after = portion.at(-1) ?? null;
    if (portion.length < usersAtOnce) return;
  }
}
