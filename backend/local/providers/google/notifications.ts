import { randomInt } from 'node:crypto';
import { packageName } from './purchases.ts';

/** A message of Pub/Sub with a notification of Google Play. */
export interface Notification {
  id: string;
  type: string;
  publishTime: string;
  data: object;
}

export function newNotification(type: string, content: object): Notification {
  const now = new Date();
  return {
    id: String(randomInt(10 ** 13, 10 ** 14)),
    type,
    publishTime: now.toISOString(),
    data: { version: '1.0', packageName, eventTimeMillis: String(now.getTime()), ...content },
  };
}

/** As Pub/Sub posts it. */
export const pushBody = ({ id, publishTime, data }: Notification): string =>
  JSON.stringify({
    message: {
      attributes: {},
      data: Buffer.from(JSON.stringify(data)).toString('base64'),
      messageId: id,
      message_id: id,
      publishTime,
      publish_time: publishTime,
    },
    subscription: 'projects/sandbox/subscriptions/play-push',
  });

export const subscriptionTypes = {
  recovered: 1,
  renewed: 2,
  canceled: 3,
  purchased: 4,
  'on-hold': 5,
  'in-grace-period': 6,
  restarted: 7,
  paused: 10,
  revoked: 12,
  expired: 13,
  'pending-purchase-canceled': 20,
} as const;
export type SubscriptionEvent = keyof typeof subscriptionTypes;

export const subscriptionEvent = (event: SubscriptionEvent, purchaseToken: string): object => ({
  subscriptionNotification: {
    version: '1.0',
    notificationType: subscriptionTypes[event],
    purchaseToken,
  },
});

export const productEvent = (
  event: 'purchased' | 'canceled',
  purchaseToken: string,
  sku: string,
): object => ({
  oneTimeProductNotification: {
    version: '1.0',
    notificationType: event === 'purchased' ? 1 : 2,
    purchaseToken,
    sku,
  },
});

export const voidedEvent = (
  kind: 'subscription' | 'one-time',
  purchaseToken: string,
  orderId: string,
): object => ({
  voidedPurchaseNotification: {
    purchaseToken,
    orderId,
    productType: kind === 'subscription' ? 1 : 2,
    refundType: 1,
  },
});
