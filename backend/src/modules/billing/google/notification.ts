import { Joi, optional, shape, type Infer } from '../../../kernel/schema/index.ts';
import type { Kind } from './tokens-repository.ts';

/** What Pub/Sub posts. */
const pushed = shape({
  message: shape({
    messageId: Joi.string().min(1).max(200),
    data: Joi.string().base64(),
    publishTime: optional(Joi.date().iso()),
  }).unknown(),
}).unknown();

const about = {
  purchaseToken: Joi.string().min(1).max(4_000),
  notificationType: Joi.number().integer(),
};
const developerNotification = shape({
  packageName: Joi.string().max(200),
  eventTimeMillis: optional(Joi.number().integer()),
  subscriptionNotification: optional(shape(about).unknown()),
  oneTimeProductNotification: optional(shape(about).unknown()),
  voidedPurchaseNotification: optional(
    shape({ purchaseToken: about.purchaseToken, productType: Joi.number().integer() }).unknown(),
  ),
  testNotification: optional(Joi.object<object>()),
}).unknown();
interface Message {
  messageId: string;
  data: string;
  publishTime?: Date;
}
type DeveloperNotification = Infer<typeof developerNotification>;

export interface Notification {
  id: string;
  /** `subscription.renewed`; `other-package` and `unreadable` for what is not for us, or nothing. */
  type: string;
  occurredAt: Date | null;
  about: { token: string; kind: Kind } | null;
}

/** By Google's numbers. */
const subscriptionTypes: Readonly<Record<number, string>> = {
  1: 'recovered',
  2: 'renewed',
  3: 'canceled',
  4: 'purchased',
  5: 'on-hold',
  6: 'in-grace-period',
  7: 'restarted',
  8: 'price-change-confirmed',
  9: 'deferred',
  10: 'paused',
  11: 'pause-schedule-changed',
  12: 'revoked',
  13: 'expired',
  17: 'items-changed',
  18: 'cancellation-scheduled',
  19: 'price-change-updated',
  20: 'pending-purchase-canceled',
  22: 'price-step-up-consent-updated',
};
const productTypes: Readonly<Record<number, string>> = { 1: 'purchased', 2: 'canceled' };

/** Each is a reason to ask Google what is true now. */
export const followed: readonly string[] = [
  ...Object.values(subscriptionTypes).map((name) => `subscription.${name}`),
  ...Object.values(productTypes).map((name) => `one-time.${name}`),
  'voided.subscription',
  'voided.one-time',
];

/**
 * What a push of Pub/Sub says, undefined where it is none. Something unreadable within is a notification all the same: refused
 * it would come again for days.
 */
export function notificationOf(body: Buffer, packageName: string): Notification | undefined {
  const push = pushed.validate(jsonOf(body.toString('utf8')), options);
  if (push.error) return undefined;
  const { messageId: id, data, publishTime = null } = push.value.message as Message;
  const said = developerNotification.validate(
    jsonOf(Buffer.from(data, 'base64').toString('utf8')),
    options,
  );
  const none = { id, occurredAt: publishTime, about: null };
  if (said.error) return { ...none, type: 'unreadable' };
  const { eventTimeMillis } = said.value;
  const occurredAt = eventTimeMillis === undefined ? publishTime : new Date(eventTimeMillis);
  if (said.value.packageName !== packageName) return { ...none, occurredAt, type: 'other-package' };
  return { id, occurredAt, ...contentOf(said.value) };
}

const options = { presence: 'required' } as const;

function contentOf(said: DeveloperNotification): Pick<Notification, 'type' | 'about'> {
  const {
    subscriptionNotification: subscription,
    oneTimeProductNotification: product,
    voidedPurchaseNotification: voided,
    testNotification: test,
  } = said;
  if (subscription) {
    const { notificationType: type, purchaseToken: token } = subscription;
    const kind = 'subscription';
    return { type: `${kind}.${subscriptionTypes[type] ?? type}`, about: { token, kind } };
  }
  if (product) {
    const { notificationType: type, purchaseToken: token } = product;
    return { type: `one-time.${productTypes[type] ?? type}`, about: { token, kind: 'one-time' } };
  }
  if (voided) {
    const kind = voided.productType === 1 ? 'subscription' : 'one-time';
    return { type: `voided.${kind}`, about: { token: voided.purchaseToken, kind } };
  }
  return { type: test ? 'test' : 'unreadable', about: null };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
