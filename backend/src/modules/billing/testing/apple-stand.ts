import { apple } from '../../../../local/providers/apple.ts';
import type { Sandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/users.ts';
import { startStoreStand, type StoreStand } from './store-stand.ts';

/** What the sandbox says of a purchase. */
export interface Bought {
  transaction: string;
  transactionId: string;
  signedTransaction: string;
}

export interface AppleStand extends StoreStand {
  /** Bought with the user's id as its appAccountToken, unless `more` says otherwise; `account` for an Apple ID of before. */
  buy(user: TestUser | undefined, more?: object): Promise<Bought>;
  present(user: TestUser, signed: string): Promise<{ status: number; body: unknown }>;
}

/** A server with the App Store's sandbox, which sends its notifications there. */
export async function startAppleStand(
  environment?: (sandbox: Sandbox) => Record<string, string>,
): Promise<AppleStand> {
  const stand = await startStoreStand(apple, environment);
  return {
    ...stand,
    buy: (user, more = {}) =>
      stand.command<Bought>('buy', {
        ...(user === undefined ? {} : { userId: user.userId }),
        product: 'sandbox.pro.monthly',
        ...more,
      }),
    present: (user, signedTransaction) =>
      stand.post(user, '/purchases/apple', { signedTransaction }),
  };
}
