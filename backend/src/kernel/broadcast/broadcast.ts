import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import type { Secret } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Redis } from '../redis/index.ts';
import type { Infer, Schema } from '../schema/index.ts';
import { Inbox } from './inbox.ts';
import { Outbox } from './outbox.ts';
import { postgresLine } from './postgres-line.ts';
import { redisLine } from './redis-line.ts';
import type { BroadcastServer, Line, OpenLine } from './types.ts';

export interface BroadcastOptions {
  /** Carries the messages, where there is one; else Postgres does. */
  redis: Redis | undefined;
  /** Postgres where LISTEN works; undefined where only a transaction pooler is known. */
  listenUrl: Secret | undefined;
  logger: Logger;
  metrics: Metrics;
}

const largestPayloadBytes = 4_096;

interface Subscriber {
  schema: Schema;
  handle: (payload: unknown) => void;
}

export function createBroadcast(options: BroadcastOptions): BroadcastServer {
  const { logger, metrics } = options;
  const subscribers = new Map<string, Set<Subscriber>>();
  const gapHandlers = new Set<() => void>();
  const changes = new EventEmitter();
  const messages = metrics.counter(
    'bulwark_broadcast_messages_total',
    'Messages between processes: sent, received from others, or dropped before they were sent or handled.',
    ['outcome'],
  );
  const gaps = metrics.counter(
    'bulwark_broadcast_gaps_total',
    'How often messages of other processes may have been missed.',
  );
  let line: Line | undefined;
  let up: boolean | undefined;
  let closed = false;
  metrics.gauge('bulwark_broadcast_up', 'Whether messages of other processes are heard (1).', () =>
    up === true ? 1 : 0,
  );

  function guarded(work: () => void, topic?: string): void {
    try {
      work();
    } catch (error) {
      logger.error({ err: error, topic }, 'A broadcast could not be handled');
    }
  }

  function deliver(topic: string, payload: unknown): void {
    for (const { schema, handle } of subscribers.get(topic) ?? []) {
      const result = schema.validate(payload);
      if (result.error) {
        messages.add({ outcome: 'dropped' });
        logger.warn({ topic }, 'A broadcast was not understood');
        continue;
      }
      guarded(() => {
        handle(result.value);
      }, topic);
    }
  }

  function gap(): void {
    if (closed) return;
    gaps.add({});
    for (const handle of gapHandlers) guarded(handle);
  }

  const origin = randomUUID();
  const inbox = new Inbox(origin, {
    message(topic, payload) {
      messages.add({ outcome: 'received' });
      deliver(topic, payload);
    },
    gap,
  });
  const outbox = new Outbox(origin, {
    send: (batch) => line?.send(batch) ?? Promise.reject(new Error('There is no line')),
    sent: (count) => {
      messages.add({ outcome: 'sent' }, count);
    },
    dropped: (count) => {
      messages.add({ outcome: 'dropped' }, count);
    },
  });

  function changed(now: boolean): void {
    if (closed || now === up) return;
    const before = up;
    up = now;
    if (!now) {
      logger.warn('Other processes are not heard');
      return;
    }
    if (before === false) logger.info('Other processes are heard again');
    // The others learn how far this one has spoken, and this one what the others have decided meanwhile.
    outbox.sayWhere();
    gap();
    changes.emit('up');
  }

  return {
    publish(topic, payload) {
      const text = JSON.stringify(payload);
      deliver(topic, JSON.parse(text));
      if (line === undefined || closed) return;
      if (Buffer.byteLength(text) > largestPayloadBytes) {
        logger.warn({ topic }, 'A broadcast is too big for other processes');
        outbox.skip();
      } else outbox.add(topic, text);
    },
    subscribe<S extends Schema>(topic: string, schema: S, handle: (payload: Infer<S>) => void) {
      const subscriber = { schema, handle: handle as (payload: unknown) => void };
      const ofTopic = subscribers.get(topic) ?? new Set();
      subscribers.set(topic, ofTopic.add(subscriber));
      return () => {
        ofTopic.delete(subscriber);
      };
    },
    onGap(handle) {
      gapHandlers.add(handle);
      return () => {
        gapHandlers.delete(handle);
      };
    },
    get connected() {
      return up === true;
    },
    async start(signal) {
      const open = lineOf(options);
      if (open === undefined) {
        up = false;
        logger.warn(
          'LISTEN does not work behind the transaction pooler of DATABASE_URL: processes look for changes instead of being told. Set DATABASE_LISTEN_URL',
        );
        return;
      }
      line = open({
        heard: (message) => {
          inbox.take(message);
        },
        changed,
      });
      const stands = () => up === true;
      if (!stands()) await once(changes, 'up', { signal }).catch(() => undefined);
      if (!stands()) changed(false);
    },
    async close() {
      await outbox.close();
      closed = true;
      await line?.close();
    },
  };
}

function lineOf({ redis, listenUrl }: BroadcastOptions): OpenLine | undefined {
  if (redis !== undefined) return (events) => redisLine(redis, events);
  if (listenUrl !== undefined) return (events) => postgresLine(listenUrl, events);
  return undefined;
}
