import express, { type Request, type Router } from 'express';
import {
  type Infer,
  Joi,
  optional,
  type Schema,
  shape,
  text,
  uuid,
} from '../../../src/kernel/schema/index.ts';
import { inOwnWords } from '../driver.ts';
import type { Deliveries } from '../deliveries.ts';
import type { Account } from './account.ts';
import type { Notification } from './notifications.ts';
import type { Purchase } from './purchases.ts';
import type { Store } from './store.ts';

const seconds = Joi.number().integer().min(1);
const buy = shape({
  userId: optional(uuid()).description('Becomes the obfuscatedExternalAccountId'),
  product: text(1, 200),
  periodSeconds: optional(seconds),
  pending: optional(Joi.boolean()),
  test: optional(Joi.boolean()).description('Default true'),
});
const webhook = shape({
  url: optional(Joi.string().uri()),
  lost: optional(Joi.boolean()),
  copies: optional(Joi.number().integer().min(1).max(100)),
  reverse: optional(Joi.number().integer().min(2).max(1_000)),
  lateMs: optional(Joi.number().integer().min(1).max(600_000)),
});
const which = shape({ token: text(1, 500) }).unknown();
const clock = shape({ advanceSeconds: seconds });
const card = shape({ graceSeconds: optional(Joi.number().integer().min(0)) }).unknown();
const pause = shape({ pauseSeconds: optional(seconds) }).unknown();
const ms = (given: number | undefined) => (given === undefined ? undefined : given * 1_000);

/** A purchase is its token, or the number of its order, which is no secret. */
const ownWords = { purchase: 'token', product: 'product' };

class Unknown extends Error {}

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
  const router = express.Router();
  router.use(express.json({ limit: '100kb' }));

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
      const found = store.find(token) ?? store.ofOrder(token);
      if (!found) throw new Unknown('No such purchase');
      return shown(work(found, body) ?? found);
    };
  const simply = (work: (purchase: Purchase) => void) =>
    on((purchase) => {
      work(purchase);
      return undefined;
    });

  const commands: Record<string, (body: Record<string, unknown>) => unknown> = {
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
    upgrade: on((purchase, { product }) => account.upgrade(purchase, String(product))),
    clock(body) {
      account.advance(checked(clock, body).advanceSeconds * 1_000);
      return { now: new Date(store.now()).toISOString() };
    },
    webhook(body) {
      const { url, ...mode } = checked(webhook, body);
      if (url !== undefined) deliveries.to(url);
      deliveries.mode(mode);
      return {};
    },
    test: () => ({ event: send('test', { testNotification: { version: '1.0' } }).id }),
    redeliver({ event }) {
      const found = sent(String(event));
      if (!found) throw new Unknown(`No such notification: ${String(event)}`);
      deliveries.again(found);
      return {};
    },
  };

  router.post('/:command', (request: Request, response) => {
    const name = String(request.params.command);
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (!command) {
      response.status(404).json({ error: 'No such command', commands: Object.keys(commands) });
      return;
    }
    try {
      response.json(command(inOwnWords(request.body, ownWords)));
    } catch (error) {
      const status = error instanceof Unknown ? 404 : 400;
      response.status(status).json({ error: (error as Error).message });
    }
  });
  router.get('/deliveries', (_request, response) => {
    response.json({ deliveries: deliveries.list() });
  });
  router.get('/purchases', (_request, response) => {
    response.json({ purchases: store.all().map(shown) });
  });
  return router;
}

function checked<S extends Schema>(schema: S, body: unknown): Infer<S> {
  const result = schema.validate(body);
  if (result.error) throw result.error;
  return result.value as Infer<S>;
}
