import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { rooms } from './fixtures/rooms-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { isInstalled } from './support/programs.ts';
import { openRawWebSocket, type RawWebSocket } from './support/raw-web-socket.ts';
import { startRedisServer, type RedisServer } from './support/redis-server.ts';

const here = isInstalled('redis-server');
const where = here ? test : test.skip;
let redis: RedisServer;
let app: TestApp;
let ada: TestUser;
let grace: TestUser;
let speaker: Socket;
const opened: { destroy(): void }[] = [];

beforeAll(async () => {
  if (!here) return;
  redis = await startRedisServer();
  app = await startTestApp({
    modules: [rooms],
    environment: { REDIS_URL: redis.url, SESSION_CHECK_INTERVAL_MS: '1000' },
  });
  [ada, grace] = await Promise.all([app.signUp(), app.signUp()]);
  speaker = await app.connect(grace.accessToken);
});
afterEach(() => {
  for (const one of opened.splice(0)) one.destroy();
});
afterAll(async () => {
  if (!here) return;
  await app.stop();
  await redis.stop();
});

const ask = async (event: string, payload: unknown): Promise<void> => {
  expect(await speaker.timeout(5_000).emitWithAck(event, payload)).toMatchObject({ ok: true });
};
const open = async (): Promise<RawWebSocket> => {
  const socket = await openRawWebSocket(app.url);
  opened.push(socket);
  return socket;
};

interface Left {
  pid: string;
  offset: string;
}

/** Someone was in the room, heard something, and lost the connection. What their client keeps of it. */
async function leftBehind(user: TestUser, room: string): Promise<Left> {
  const socket = await open();
  socket.send(`40${JSON.stringify({ token: user.accessToken })}`);
  await socket.until('"connected"');
  socket.send(`421["rooms:join",{"room":"${room}"}]`);
  await socket.until('431[');
  await ask('rooms:say', { room, text: 'heard' });
  await socket.until('"rooms:said"');
  const pid = /"pid":"([^"]+)"/.exec(socket.received())?.[1] ?? '';
  const offset = /"turn":0\},"(\d+-\d+)"\]/.exec(socket.received())?.[1] ?? '';
  const sockets = (await app.metric('bulwark_sockets')) ?? 0;
  socket.destroy();
  while ((await app.metric('bulwark_sockets')) === sockets)
    await new Promise((done) => setTimeout(done, 5));
  await ask('rooms:say', { room, text: 'missed' });
  return { pid, offset };
}

/** Comes back with what was kept, and says how it went. */
async function comeBack(left: Left, token: string): Promise<RawWebSocket> {
  const socket = await open();
  socket.send(`40${JSON.stringify({ token, ...left })}`);
  await Promise.race([socket.until('"connected"'), socket.until('44{')]);
  return socket;
}

/** What the socket has heard once it has asked for something itself. */
async function heardBy(socket: RawWebSocket): Promise<string> {
  socket.send('427["rooms:join",{"room":"last"}]');
  await socket.until('437[');
  return socket.received();
}

describe('a client that was away for a moment', () => {
  where('goes on: it hears what it missed, once, and what comes', async () => {
    const left = await leftBehind(ada, 'kept:a');
    const socket = await comeBack(left, ada.accessToken);
    await socket.until('"missed"');
    await ask('rooms:say', { room: 'kept:a', text: 'live' });
    await socket.until('"live"');
    const heard = await heardBy(socket);
    expect(heard).toContain(`"pid":"${left.pid}"`);
    expect(heard.match(/"(heard|missed|live)"/g)).toEqual(['"missed"', '"live"']);
  });

  where('does so once: what is kept of it is used up', async () => {
    const left = await leftBehind(ada, 'kept:b');
    await heardBy(await comeBack(left, ada.accessToken));
    const again = await heardBy(await comeBack(left, ada.accessToken));
    expect(again).not.toContain('missed');
    expect(again).not.toContain(left.pid);
  });

  where('is a new client to another user, who hears nothing of it', async () => {
    const left = await leftBehind(ada, 'kept:c');
    const socket = await comeBack(left, grace.accessToken);
    await ask('rooms:say', { room: 'kept:c', text: 'live' });
    const heard = await heardBy(socket);
    expect(heard).not.toMatch(/"(missed|live)"/);
    expect(heard).not.toContain(left.pid);
  });

  where.each(['', 'nonsense'])(
    'is refused with the token "%s" before anything is told',
    async (token) => {
      const left = await leftBehind(ada, 'kept:d');
      const socket = await comeBack(left, token);
      expect(socket.received()).toContain('"code":"TOKEN_INVALID"');
      expect(socket.received()).not.toContain('missed');
      // And it has cost the true client nothing.
      expect(await heardBy(await comeBack(left, ada.accessToken))).toContain('"missed"');
    },
  );

  where('is refused when it has signed out meanwhile', async () => {
    const leaver = await app.signUp();
    const left = await leftBehind(leaver, 'kept:e');
    await fetch(`${app.issuer.url}/auth/v1/logout?scope=global`, {
      method: 'POST',
      headers: { apikey: app.issuer.anonKey, authorization: `Bearer ${leaver.accessToken}` },
    });
    let socket = await comeBack(left, leaver.accessToken);
    // It may take the interval of the session check.
    while (!socket.received().includes('SESSION_REVOKED')) {
      expect(socket.received()).toContain('"connected"');
      await socket.ended;
      socket = await comeBack(left, leaver.accessToken);
    }
    expect(socket.received()).not.toContain('missed');
  });

  where.each(['kept:closed', 'other'])(
    'does not go on in the room %s that does not admit it',
    async (room) => {
      const left = await leftBehind(ada, room);
      if (room === 'kept:closed') await ask('rooms:close', { room });
      const socket = await comeBack(left, ada.accessToken);
      await ask('rooms:say', { room, text: 'live' });
      expect(await heardBy(socket)).not.toMatch(/"(missed|live)"/);
    },
  );

  where.each([
    { pid: '__proto__', offset: '0-0' },
    { pid: 'x'.repeat(10_000), offset: '1-1' },
    { pid: 'a', offset: '- +' },
    { pid: 'a\r\nFLUSHALL', offset: '1-1' },
  ])('is a new client with made-up memories', async (left) => {
    expect(await heardBy(await comeBack(left, ada.accessToken))).toContain('"connected"');
  });

  where('keeps nothing of who they are in Redis but the user id', async () => {
    await leftBehind(ada, 'kept:f');
    const { createClient } = await import('redis');
    const client = createClient({ url: redis.url });
    await client.connect();
    const keys = await client.keys('bulwark:socket-session:*');
    const stored = await Promise.all(keys.map((key) => client.get(key)));
    client.destroy();
    const text = stored.map((each) => Buffer.from(each ?? '', 'base64').toString('latin1')).join();
    expect(text).toContain(ada.userId);
    expect(text).not.toMatch(/@|claims|payload|session_id/);
  });
});
