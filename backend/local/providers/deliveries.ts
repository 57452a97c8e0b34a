import { setTimeout as wait } from 'node:timers/promises';

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

export interface Deliveries<E> {
  send(event: E): void;
  /** Once more, whatever came of it before. */
  again(event: E): void;
  /** Where to; nothing goes out before. */
  to(url: string): void;
  mode(mode: DeliveryMode): void;
  list(): readonly Delivery[];
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  close(): void;
}

export interface DeliveriesOptions<E> {
  /** What is posted; made anew for each try, as it may be signed for its moment. */
  request: (event: E) => { headers: Record<string, string>; body: string };
  /** Between tries. */
  retryAfterMs: readonly number[];
}

const answerWithinMs = 10_000;

/** Sends events as webhooks and again until they are taken. */
export function createDeliveries<E extends { id: string; type: string }>({
  request,
  retryAfterMs,
}: DeliveriesOptions<E>): Deliveries<E> {
  const closing = new AbortController();
  const deliveries: Delivery[] = [];
  const underWay = new Set<Promise<void>>();
  let url: string | undefined;
  let mode: DeliveryMode = {};
  let held: E[] = [];

  async function post(event: E): Promise<number> {
    if (url === undefined) return 0;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        ...request(event),
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(answerWithinMs)]),
      });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }

  async function deliver(event: E): Promise<void> {
    const delivery: Delivery = { event: event.id, type: event.type, answers: [], delivered: false };
    deliveries.push(delivery);
    if (mode.lateMs !== undefined) await wait(mode.lateMs, undefined, { signal: closing.signal });
    for (const pauseMs of [...retryAfterMs, 0]) {
      const status = await post(event);
      delivery.answers.push(status);
      delivery.delivered = status >= 200 && status < 300;
      if (delivery.delivered) return;
      await wait(pauseMs, undefined, { signal: closing.signal });
    }
  }

  function start(event: E): void {
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
