import type { Router } from 'express';
import { Joi, oneOf, optional, shape, text, uuid } from '../../../src/kernel/schema/index.ts';
import {
  checked,
  clock,
  commandRouter,
  type Commands,
  deliveryCommands,
  seconds,
  Unknown,
} from '../commands.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Account } from './account.ts';
import { type Purchase, statusOf } from './purchases.ts';
import { newNotification, type Notification, type Signing } from './signing.ts';
import type { Store } from './store.ts';

const buy = shape({
  userId: optional(uuid()).description('Becomes the appAccountToken'),
  account: optional(text(1, 100)).description('The Apple account; that of the user unless given'),
  product: text(1, 200),
  periodSeconds: optional(seconds),
  environment: optional(oneOf('Production', 'Sandbox')),
  familyShared: optional(Joi.boolean()),
});
const which = shape({ transaction: text(1, 32) }).unknown();
const card = shape({ graceSeconds: optional(Joi.number().integer().min(0)) }).unknown();

const ownWords = { purchase: 'transaction', product: 'product' };

/** What a person or a test has the store do, each a POST below `/_sandbox/apple/`. */
export function appleCommands(options: {
  store: Store;
  account: Account;
  signing: Signing;
  deliveries: Deliveries<Notification>;
  send: (notification: Notification) => void;
  sent: (id: string) => Notification | undefined;
}): Router {
  const { store, account, signing, deliveries, send, sent } = options;

  /** As the app would have it from StoreKit, and what a person looks at. */
  const shown = (purchase: Purchase) => ({
    transaction: purchase.originalTransactionId,
    transactionId: purchase.transactionId,
    product: purchase.product.id,
    status: statusOf(purchase, store.now()),
    signedTransaction: signing.transaction(purchase),
  });
  const on =
    (work: (purchase: Purchase, body: Record<string, unknown>) => void) =>
    (body: Record<string, unknown>) => {
      const { transaction } = checked(which, body);
      const found = store.find(transaction);
      if (!found) throw new Unknown(`No such transaction: ${transaction}`);
      work(found, body);
      return shown(found);
    };

  const commands: Commands = {
    buy(body) {
      const { userId, account: whose, periodSeconds, ...order } = checked(buy, body);
      return shown(
        account.buy({
          ...order,
          account: whose ?? userId ?? store.newId(),
          appAccountToken: userId,
          periodMs: periodSeconds === undefined ? undefined : periodSeconds * 1_000,
        }),
      );
    },
    transaction: on(() => undefined),
    renew: on((each) => {
      account.renew(each);
    }),
    'fail-card': on((purchase, body) => {
      const { graceSeconds } = checked(card, body);
      account.failCard(purchase, graceSeconds === undefined ? undefined : graceSeconds * 1_000);
    }),
    recover: on((each) => {
      account.recover(each);
    }),
    'give-up': on((each) => {
      account.giveUp(each);
    }),
    cancel: on((purchase) => {
      account.setRenewal(purchase, false);
    }),
    resume: on((purchase) => {
      account.setRenewal(purchase, true);
    }),
    expire: on((each) => {
      account.expire(each);
    }),
    refund: on((each) => {
      account.refund(each);
    }),
    'reverse-refund': on((each) => {
      account.reverseRefund(each);
    }),
    revoke: on((each) => {
      account.revoke(each);
    }),
    upgrade: on((purchase, { product }) => {
      account.upgrade(purchase, String(product));
    }),
    clock(body) {
      account.advance(checked(clock, body).advanceSeconds * 1_000);
      return { now: new Date(store.now()).toISOString() };
    },
    test() {
      const test = newNotification('TEST');
      send(test);
      return { event: test.id, signedPayload: signing.notification(test) };
    },
    ...deliveryCommands(deliveries, sent, 'notification'),
  };

  const router = commandRouter(commands, ownWords, deliveries);
  router.get('/purchases', (_request, response) => {
    response.json({ purchases: store.all().map(shown) });
  });
  return router;
}
