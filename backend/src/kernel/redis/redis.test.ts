import { afterEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../local/postgres/throwaway.ts';
import { isInstalled } from '../../../test/support/programs.ts';
import {
  answering,
  startRedisServer,
  type RedisServer,
} from '../../../test/support/redis-server.ts';
import { startTcpRelay } from '../../../test/support/tcp-relay.ts';
import { Secret } from '../config/index.ts';
import { createLogger } from '../logging/index.ts';
import { createMetrics } from '../metrics/index.ts';
import { createRedis, type Redis } from './index.ts';

const withRedis = isInstalled('redis-server') ? test : test.skip;
const opened: { stop(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.stop();
});

function open(url: string): { redis: Redis; said: string[]; up(): Promise<number | undefined> } {
  const said: string[] = [];
  const logger = createLogger({
    level: 'info',
    destination: { write: (line) => said.push((JSON.parse(line) as { msg: string }).msg) },
  });
  const metrics = createMetrics();
  const redis = createRedis(new Secret(url), { logger, metrics });
  redis.start();
  opened.push({
    stop: () => {
      redis.close();
    },
  });
  return {
    redis,
    said,
    async up() {
      const metric = await metrics.registry.getSingleMetric('bulwark_redis_up')?.get();
      return metric?.values[0]?.value;
    },
  };
}

async function openServer(): Promise<RedisServer> {
  const server = await startRedisServer();
  opened.push(server);
  return server;
}

describe('without a server', () => {
  test('a command is refused at once, not kept for later, and it is said once', async () => {
    const { redis, said, up } = open(`redis://127.0.0.1:${await freePort()}`);
    for (let count = 0; count < 3; count += 1) {
      await expect(redis.run((client) => client.get('a'), 60_000)).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
      });
    }
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(said).toEqual(['Redis is not reachable']);
    expect(await up()).toBe(0);
  });
});

describe('with a server', () => {
  withRedis(
    'it is found again after it was gone, and nothing that was refused comes late',
    async () => {
      const server = await openServer();
      const { redis, said, up } = open(server.url);
      await answering(redis);
      expect(await up()).toBe(1);
      await server.stop();
      await expect(redis.run((client) => client.set('late', '1'), 1_000)).rejects.toThrow();
      await server.start();
      await answering(redis);
      expect(await redis.run((client) => client.get('late'), 1_000)).toBeNull();
      expect(said).toEqual(['Redis is not reachable', 'Redis is reachable again']);
    },
  );

  withRedis('a connection that falls silent is given up in time and replaced', async () => {
    const server = await openServer();
    const relay = await startTcpRelay(server.url);
    opened.push({ stop: () => relay.close() });
    const { redis } = open(relay.url);
    await answering(redis);
    relay.swallow();
    await expect(redis.run((client) => client.get('a'), 100)).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
    });
    relay.recover();
    await answering(redis);
  });
});
