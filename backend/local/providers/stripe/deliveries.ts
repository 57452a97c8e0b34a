import { createHmac } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Event } from './objects.ts';

/** How events are sent; what is left out is as it should be. */
export interface DeliveryMode {
  /** Nothing goes out. */
  lost?: boolean | undefined;
  /** Each one so many times in all, at once. */
  copies?: number | undefined;
  /** Held back until this many are there, then sent in the opposite order. */
  reverse?: number | undefined;
  lateMs?: number | undefined;
}

export interface Delivery {
  event: string;
  type: string;
  /** The statuses that came, in order; 0 where there was no answer. */
  answers: number[];
  delivered: boolean;
}

export interface Deliveries {
  send(event: Event): void;
  /** Once more, whatever came of it before. */
  again(event: Event): void;
  /** Where to; nothing goes out before. */
  to(url: string): void;
  mode(mode: DeliveryMode): void;
  list(): readonly Delivery[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  close(): void;
}

/** Milliseconds between tries, as Stripe does it within three days. */
const retryAfterMs = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 60_000];
const answerWithinMs = 10_000;

/** `t=…,v1=…` over the very bytes, by Stripe's scheme. The time is the machine's: receivers compare it with their own. */
export function signatureOf(body: string, secret: string, at = Math.floor(Date.now() / 1_000)) {
  const digest = createHmac('sha256', secret).update(`${at}.${body}`).digest('hex');
  return `t=${at},v1=${digest}`;
}

/** Sends events as signed webhooks and again until they are taken. */
export function createDeliveries(secret: string): Deliveries {
  const closing = new AbortController();
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  let url: string | undefined;
  let mode: DeliveryMode = {};
  let held: Event[] = [];

  async function post(body: string): Promise<number> {
    if (url === undefined) return 0;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'stripe-signature': signatureOf(body, secret),
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        },
        body,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(answerWithinMs)]),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }

  async function deliver(event: Event): Promise<void> {
    const delivery: Delivery = { event: event.id, type: event.type, answers: [], delivered: false };
    deliveries.push(delivery);
    const body = JSON.stringify(event, null, 2);
    if (mode.lateMs !== undefined) await wait(mode.lateMs, undefined, { signal: closing.signal });
    for (const pauseMs of [...retryAfterMs, 0]) {
      const status = await post(body);
      delivery.answers.push(status);
      delivery.delivered = status >= 200 && status < 300;
      if (delivery.delivered) return;
      await wait(pauseMs, undefined, { signal: closing.signal });
    }
  }

  function start(event: Event): void {
    for (let copy = 0; copy < (mode.copies ?? 1); copy += 1) {
      const sending = deliver(event)
        .catch(() => undefined)
        .finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
  }

  return {
    send(event) {
      if (url === undefined || mode.lost === true) return;
      if (mode.reverse === undefined) {
        start(event);
        return;
      }
      held.push(event);
      if (held.length < mode.reverse) return;
      const batch = held.reverse();
      held = [];
      for (const each of batch) start(each);
    },
    again: start,
    to(target) {
      url = target;
    },
    mode(wanted) {
      mode = wanted;
      const rest = held;
      held = [];
      for (const each of rest) start(each);
    },
    list: () => deliveries,
    async idle() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    close() {
      closing.abort();
    },
  };
}
