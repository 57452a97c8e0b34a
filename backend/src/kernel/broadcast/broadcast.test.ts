import { EventEmitter, once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { isInstalled } from '../../../test/support/programs.ts';
import { answering, startRedisServer } from '../../../test/support/redis-server.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';
import { Secret } from '../config/index.ts';
import { createLogger } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createRedis, type Redis } from '../redis/index.ts';
import { Joi } from '../schema/index.ts';
import { createBroadcast, type BroadcastServer } from './index.ts';

const withRedis = isInstalled('redis-server') ? test : test.skip;
const topic = 'test:changed';
const note = Joi.object<{ n: number }>({ n: Joi.number().required() });

interface Process {
  redis: Redis | undefined;
  broadcast: BroadcastServer;
  heard: number[];
  gaps(): number;
  /** Resolves when it has heard so many messages and seen so many gaps. */
  until(ready: () => boolean): Promise<void>;
  metric(name: string, labels?: Record<string, string>): Promise<number | undefined>;
}

const disposers: (() => Promise<unknown>)[] = [];
let database: ClonedDatabase;

beforeAll(async () => {
  database = await openTestDatabase();
});
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});
afterAll(async () => {
  await database.drop();
});

/** One with connections of its own is to the others what a process is. */
async function start(url: string | undefined, redisUrl?: string): Promise<Process> {
  const logger = createLogger({ level: 'silent' });
  const metrics = createMetrics();
  const redis =
    redisUrl === undefined
      ? undefined
      : createRedis(new Secret(redisUrl), { logger, metrics: createMetrics() });
  redis?.start();
  const listenUrl = url === undefined ? undefined : new Secret(url);
  const broadcast = createBroadcast({ redis, listenUrl, logger, metrics });
  const news = new EventEmitter();
  const heard: number[] = [];
  let gaps = 0;
  broadcast.subscribe(topic, note, ({ n }) => {
    heard.push(n);
    news.emit('news');
  });
  broadcast.onGap(() => {
    gaps += 1;
    news.emit('news');
  });
  disposers.push(async () => {
    await broadcast.close();
    redis?.close();
  });
  await broadcast.start(AbortSignal.timeout(8_000));
  return {
    redis,
    broadcast,
    heard,
    gaps: () => gaps,
    async until(ready) {
      while (!ready()) await once(news, 'news', { signal: AbortSignal.timeout(12_000) });
    },
    async metric(name, labels = {}) {
      const found = await metrics.registry.getSingleMetric(name)?.get();
      return found?.values.find((sample) =>
        Object.entries(labels).every(
          ([label, value]) => (sample.labels as Record<string, unknown>)[label] === value,
        ),
      )?.value;
    },
  };
}

async function relayTo(url: string): Promise<TcpRelay> {
  const relay = await startTcpRelay(url);
  disposers.push(() => relay.close());
  return relay;
}

describe('a message', () => {
  test('is heard here at once, and by the others in the order in which it was said', async () => {
    const [speaker, listener] = [await start(database.url), await start(database.url)];
    for (let n = 1; n <= 300; n += 1) speaker.broadcast.publish(topic, { n });
    const all = Array.from({ length: 300 }, (_, index) => index + 1);
    expect(speaker.heard).toEqual(all);
    await listener.until(() => listener.heard.length === 300);
    expect(listener.heard).toEqual(all);
    // What it said itself does not come back to it.
    listener.broadcast.publish(topic, { n: 0 });
    await speaker.until(() => speaker.heard.length === 301);
    expect(speaker.heard.at(-1)).toBe(0);
    expect(await listener.metric('bulwark_broadcast_messages_total', { outcome: 'received' })).toBe(
      300,
    );
  });

  test('that does not fit the schema reaches no handler, and one handler’s fault is its own', async () => {
    const [speaker, listener] = [await start(database.url), await start(database.url)];
    listener.broadcast.subscribe(topic, note, () => {
      throw new Error('a fault of this handler');
    });
    speaker.broadcast.publish(topic, { n: 'not a number' });
    speaker.broadcast.publish(topic, { n: 2 });
    await listener.until(() => listener.heard.length === 1);
    expect([speaker.heard, listener.heard]).toEqual([[2], [2]]);
  });

  test('that is no message of ours is left alone', async () => {
    const listener = await start(database.url);
    const client = new Client({ connectionString: database.url });
    await client.connect();
    for (const text of ['', 'no json', '{"o":"x"}', '[]', '{"o":1,"n":-1,"t":"test:changed"}'])
      await client.query('select pg_notify($1, $2)', ['bulwark.broadcast', text]);
    await client.end();
    const speaker = await start(database.url);
    speaker.broadcast.publish(topic, { n: 1 });
    await listener.until(() => listener.heard.length === 1);
  });
});

describe('a gap', () => {
  test('is told once the line stands, and again when a half-open one was replaced', async () => {
    const relay = await relayTo(database.url);
    const [speaker, listener] = [await start(database.url), await start(relay.url)];
    expect([speaker.gaps(), listener.gaps()]).toEqual([1, 1]);
    expect(await listener.metric('bulwark_broadcast_up')).toBe(1);
    relay.swallow();
    relay.recover(); // For new connections only: nobody closes the silent ones.
    const talking = setInterval(() => {
      speaker.broadcast.publish(topic, { n: 1 });
    }, 100);
    await listener.until(() => listener.heard.length > 0);
    clearInterval(talking);
    expect(listener.heard.length).toBeLessThan(speaker.heard.length);
    expect(listener.gaps()).toBeGreaterThan(1);
  });

  test('is told to the others when what one said got lost on its way', async () => {
    const relay = await relayTo(database.url);
    const [speaker, listener] = [await start(relay.url), await start(database.url)];
    speaker.broadcast.publish(topic, { n: 1 });
    await listener.until(() => listener.heard.length === 1);
    const before = listener.gaps();
    relay.swallow();
    speaker.broadcast.publish(topic, { n: 2 });
    relay.recover();
    await listener.until(() => listener.gaps() > before);
    expect([speaker.heard, listener.heard]).toEqual([[1, 2], [1]]);
  });

  test('is what others see of a message that is too big', async () => {
    const [speaker, listener] = [await start(database.url), await start(database.url)];
    speaker.broadcast.publish(topic, { n: 1 });
    await listener.until(() => listener.heard.length === 1);
    const before = listener.gaps();
    speaker.broadcast.publish(topic, { n: 2, much: 'x'.repeat(5_000) });
    await listener.until(() => listener.gaps() > before);
    expect(listener.heard).toEqual([1]);
  });
});

describe('without a line', () => {
  test('this process hears itself, and what is said to the others is bounded', async () => {
    const relay = await relayTo(database.url);
    const alone = await start(relay.url);
    relay.swallow();
    for (let n = 0; n < 5_000; n += 1) alone.broadcast.publish(topic, { n });
    expect(alone.heard).toHaveLength(5_000);
    expect(
      await alone.metric('bulwark_broadcast_messages_total', { outcome: 'dropped' }),
    ).toBeGreaterThanOrEqual(3_900);
  });

  test('behind a transaction pooler alone it says that nobody is heard', async () => {
    const alone = await start(undefined);
    alone.broadcast.publish(topic, { n: 1 });
    expect([alone.heard, alone.broadcast.connected]).toEqual([[1], false]);
  });
});

describe('Redis', () => {
  withRedis('carries it as well, and a gap is told when it comes back', async () => {
    const server = await startRedisServer();
    disposers.push(() => server.stop());
    const [speaker, listener] = [
      await start(undefined, server.url),
      await start(undefined, server.url),
    ];
    speaker.broadcast.publish(topic, { n: 1 });
    await listener.until(() => listener.heard.length === 1);
    const before = listener.gaps();
    await server.stop();
    speaker.broadcast.publish(topic, { n: 2 });
    await server.start();
    await listener.until(() => listener.gaps() > before);
    // It speaks by another connection than it hears by.
    if (speaker.redis) await answering(speaker.redis);
    speaker.broadcast.publish(topic, { n: 3 });
    await listener.until(() => listener.heard.includes(3));
    expect(speaker.heard).toEqual([1, 2, 3]);
  });
});
