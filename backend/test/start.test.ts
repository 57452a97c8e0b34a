import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { launchServer, messageFrom, type LaunchedProcess } from './support/server-process.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { startTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

const script = 'backend/test/fixtures/misbehaving-server.ts';
let stack: TestStack;
let relay: TcpRelay;
let launched: LaunchedProcess;

beforeAll(async () => {
  stack = await startTestStack();
  relay = await startTcpRelay(stack.database.url);
});
afterEach(async () => {
  launched.child.kill('SIGKILL');
  await launched.ended;
  relay.recover();
});
afterAll(async () => {
  await relay.close();
  await stack.stop();
});

function launch(env: Record<string, string>): void {
  launched = launchServer(script, { ...stack.environment, ...env });
}

describe('a starting server', () => {
  test('that finds its port taken names it and ends at once with 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    launch({ PORT: String(port), SHUTDOWN_DRAIN_MS: '10000' });
    expect(await launched.ended).toBe(1);
    other.close();
    expect(await launched.logged('The server could not start')).toMatchObject({
      level: 'fatal',
      err: { code: 'EADDRINUSE', message: expect.stringContaining(`:${port}`) as unknown },
    });
    // There was nobody to drain.
    const drain = launched.lines().find(({ phase }) => phase === 'drain');
    expect(drain?.durationMs).toBeLessThan(1_000);
  });

  test('waits a while for a database that comes up later', async () => {
    relay.swallow();
    launch({ DATABASE_URL: relay.url });
    const ready = messageFrom(launched.child, 'ready');
    await launched.logged('Waiting for the database');
    relay.recover();
    expect(await ready).toBe('ready');
    launched.child.kill('SIGTERM');
    expect(await launched.ended).toBe(0);
  });

  test('ends in order when it is told to stop, and never serves', async () => {
    relay.swallow();
    launch({ DATABASE_URL: relay.url });
    while (relay.connections() === 0) await wait(10);
    launched.child.kill('SIGTERM');
    expect(await launched.ended).toBe(0);
    const messages = launched.lines().map(({ msg }) => msg);
    expect(messages).toContain('Graceful shutdown complete');
    expect(messages).not.toContain('Server ready');
    expect(messages).not.toContain('The server could not start');
  });
});
