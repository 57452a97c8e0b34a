import { setTimeout as wait } from 'node:timers/promises';
import { google } from '../../../../local/providers/google.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { patienceMs, startStoreStand, type StoreStand } from './store-stand.ts';

/** What the sandbox says of a purchase. */
export interface Bought {
  purchaseToken: string;
  kind: 'subscription' | 'one-time';
  product: string;
  state: string;
  acknowledged: boolean;
  order: string;
}

export interface GoogleStand extends StoreStand {
  /** Has the store do something with a purchase. */
  do(name: string, bought: Bought, more?: object): Promise<Bought>;
  /** Bought with the user's id as the account's, unless `more` says otherwise. */
  buy(user: TestUser | undefined, more?: object): Promise<Bought>;
  /** While no notification goes out. */
  silently<T>(work: () => Promise<T>): Promise<T>;
  present(
    user: TestUser,
    bought: Bought,
    more?: object,
  ): Promise<{ status: number; body: unknown }>;
  untilAcknowledged(bought: Bought): Promise<void>;
}

/** A server with the sandbox of Google Play, which pushes its notifications there. */
export async function startGoogleStand(
  environment: Record<string, string> = {},
): Promise<GoogleStand> {
  const base = await startStoreStand(google, () => environment);
  const stand: GoogleStand = {
    ...base,
    do: (name, { purchaseToken: token }, more = {}) => stand.command(name, { token, ...more }),
    buy: (user, more = {}) =>
      stand.command<Bought>('buy', {
        ...(user === undefined ? {} : { userId: user.userId }),
        product: 'sandbox_pro_monthly',
        ...more,
      }),
    async silently(work) {
      await stand.command('webhook', { lost: true });
      const result = await work();
      await stand.command('webhook');
      return result;
    },
    present: (user, { purchaseToken, kind }, more = {}) =>
      stand.post(user, '/purchases/google', { purchaseToken, kind, ...more }),
    async untilAcknowledged(bought) {
      const giveUpAt = performance.now() + patienceMs;
      while (!(await stand.do('purchase', bought)).acknowledged) {
        if (performance.now() > giveUpAt) throw new Error('It was not acknowledged');
        await wait(50);
      }
    },
  };
  return stand;
}
