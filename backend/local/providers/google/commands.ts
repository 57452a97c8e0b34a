import type { Router } from 'express';
import { Joi, optional, shape, text, uuid } from '../../../src/kernel/schema/index.ts';
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
import type { Notification } from './notifications.ts';
import type { Purchase } from './purchases.ts';
import type { Store } from './store.ts';

const buy = shape({
  userId: optional(uuid()).description('Becomes the obfuscatedExternalAccountId'),
  product: text(1, 200),
  periodSeconds: optional(seconds),
  pending: optional(Joi.boolean()),
  test: optional(Joi.boolean()).description('Default true'),
});
const which = shape({ token: text(1, 500) }).unknown();
const card = shape({ graceSeconds: optional(Joi.number().integer().min(0)) }).unknown();
const pause = shape({ pauseSeconds: optional(seconds) }).unknown();
const ms = (given: number | undefined) => (given === undefined ? undefined : given * 1_000);

/** A purchase is its token, or the number of one of its orders, which is no secret. */
const ownWords = { purchase: 'token', product: 'product' };

/** What a person or a test has the store do, each a POST below `/_sandbox/google/`. */
export function googleCommands(options: {
  store: Store;
  account: Account;
  deliveries: Deliveries<Notification>;
  send: (type: string, content: object) => Notification;
  sent: (id: string) => Notification | undefined;
  pushToken: (claims: object) => string;
}): Router {
  const { store, account, deliveries, send, sent, pushToken } = options;

  const shown = ({ token, kind, product, state, acknowledged, order }: Purchase) => ({
    purchaseToken: token,
    kind,
    product,
    state,
    acknowledged,
    order: order.id,
  });
  const on =
    (work: (purchase: Purchase, body: Record<string, unknown>) => Purchase | undefined) =>
    (body: Record<string, unknown>) => {
      const { token } = checked(which, body);
      const found = store.find(token) ?? store.numbered(token);
      if (!found) throw new Unknown('No such purchase');
      return shown(work(found, body) ?? found);
    };
  const simply = (work: (purchase: Purchase) => void) =>
    on((purchase) => {
      work(purchase);
      return undefined;
    });

  const commands: Commands = {
    buy(body) {
      const { userId, product, periodSeconds, ...rest } = checked(buy, body);
      return shown(
        account.buy({
          product,
          account: userId,
          periodMs: ms(periodSeconds),
          isPending: rest.pending === true,
          isTest: rest.test !== false,
        }),
      );
    },
    purchase: simply(() => undefined),
    pay: simply(account.pay),
    'give-up': simply(account.giveUp),
    renew: simply(account.renew),
    'fail-card': on((purchase, body) => {
      account.failCard(purchase, ms(checked(card, body).graceSeconds));
      return undefined;
    }),
    hold: simply(account.hold),
    recover: simply(account.recover),
    cancel: simply(account.cancel),
    pause: on((purchase, body) => {
      account.pause(purchase, ms(checked(pause, body).pauseSeconds));
      return undefined;
    }),
    resume: simply(account.resume),
    unacknowledge: simply((purchase) => {
      purchase.acknowledged = false;
    }),
    // A token as Pub/Sub shows it, but for the claims that are given.
    'push-token': (claims) => ({ token: pushToken(claims) }),
    refund: simply(account.refund),
    revoke: simply(account.revoke),
    upgrade: on((purchase, { product, pending }) =>
      account.upgrade(purchase, String(product), pending === true),
    ),
    clock(body) {
      account.advance(checked(clock, body).advanceSeconds * 1_000);
      return { now: new Date(store.now()).toISOString() };
    },
    test: () => ({ event: send('test', { testNotification: { version: '1.0' } }).id }),
    ...deliveryCommands(deliveries, sent, 'notification'),
  };

  const router = commandRouter(commands, ownWords, deliveries);
  router.get('/purchases', (_request, response) => {
    response.json({ purchases: store.all().map(shown) });
  });
  return router;
}
