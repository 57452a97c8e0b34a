import { createHmac } from 'node:crypto';
import { createDeliveries as createAny, type Deliveries as Any } from '../deliveries.ts';
import type { Event } from './objects.ts';

export type Deliveries = Any<Event>;

/** Milliseconds between tries, as Stripe does it within three days. */
const retryAfterMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];

/** `t=…,v1=…` over the very bytes, by Stripe's scheme. The time is the machine's: receivers compare it with their own. */
export function signatureOf(body: string, secret: string, at = Math.floor(Date.now() / 1_000)) {
  const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${digest}`;
}

/** Sends events as signed webhooks and again until they are taken. */
export const createDeliveries = (secret: string): Deliveries =>
  createAny({
    retryAfterMs,
    request(event) {
      const body = JSON.stringify(event, null, 2);
      const headers = {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signatureOf(body, secret),
        'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
      };
      return { headers, body };
    },
  });
