import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Socket } from 'socket.io-client';
import { rooms } from './fixtures/rooms-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { isInstalled } from './support/programs.ts';
import { startRedisServer, type RedisServer } from './support/redis-server.ts';
import { startTestStack, type TestStack } from './support/stack.ts';
import { startTcpRelay, type TcpRelay } from './support/tcp-relay.ts';

interface Said {
  text: string;
  turn: number;
}

let stack: TestStack;
let ada: TestUser;
let grace: TestUser;

beforeAll(async () => {
  stack = await startTestStack();
  [ada, grace] = await Promise.all([stack.signUp(), stack.signUp()]);
});
afterAll(async () => {
  await stack.stop();
});

const ask = async (socket: Socket, event: string, payload: unknown): Promise<void> => {
  expect(await socket.timeout(5_000).emitWithAck(event, payload)).toEqual({ ok: true, data: null });
};
/** Collects what a socket hears; `until` resolves once it has heard so many. */
function ear(socket: Socket) {
  const heard: Said[] = [];
  socket.on('rooms:said', (said: Said) => heard.push(said));
  return {
    heard,
    async until(count: number) {
      while (heard.length < count) await new Promise((done) => socket.once('rooms:said', done));
    },
  };
}
/** Speaks until it is heard: the way between two processes takes a moment to stand. */
async function untilHeard(speaker: Socket, listener: Socket, room: string): Promise<void> {
  const heard = new Promise<void>((resolve) => {
    const listen = (said: Said) => {
      if (said.text !== 'hello') return;
      listener.off('rooms:said', listen);
      resolve();
    };
    listener.on('rooms:said', listen);
  });
  for (;;) {
    await ask(speaker, 'rooms:say', { room, text: 'hello' });
    const outcome = await Promise.race([
      heard.then(() => true),
      new Promise<false>((done) => setTimeout(done, 100, false)),
    ]);
    if (outcome) return;
  }
}

let redis: RedisServer | undefined;

describe.each([
  ['Postgres', true],
  ['Redis', isInstalled('redis-server')],
])('through %s', (carrier, here) => {
  const where = here ? test : test.skip;
  let one: TestApp;
  let two: TestApp;
  let speaker: Socket;
  let listener: Socket;

  beforeAll(async () => {
    if (!here) return;
    if (carrier === 'Redis') redis = await startRedisServer();
    const environment: Record<string, string> = redis ? { REDIS_URL: redis.url } : {};
    [one, two] = await Promise.all([
      startTestApp({ stack, modules: [rooms], environment }),
      startTestApp({ stack, modules: [rooms], environment }),
    ]);
    speaker = await one.connect(ada.accessToken);
    listener = await two.connect(grace.accessToken);
    for (const socket of [speaker, listener]) await ask(socket, 'rooms:join', { room: 'both' });
    await untilHeard(speaker, listener, 'both');
    await untilHeard(listener, speaker, 'both');
  });
  afterAll(async () => {
    if (!here) return;
    await Promise.all([one.stop(), two.stop()]);
    await redis?.stop();
    redis = undefined;
  });

  where('what is said on one process is heard once on both, in order', async () => {
    const [near, far] = [ear(speaker), ear(listener)];
    await ask(speaker, 'rooms:say', { room: 'both', text: 'x', times: 200 });
    await Promise.all([near.until(200), far.until(200)]);
    await untilHeard(speaker, listener, 'both');
    for (const { heard } of [near, far])
      expect(heard.filter(({ text }) => text === 'x').map(({ turn }) => turn)).toEqual(
        Array.from({ length: 200 }, (_, turn) => turn),
      );
  });

  where.each([7_700, 7_800, 7_900, 8_000, 19_000])(
    'a text of %i bytes comes through',
    async (size) => {
      const far = ear(listener);
      await ask(speaker, 'rooms:say', { room: 'both', text: 'y'.repeat(size) });
      await far.until(1);
      expect(far.heard[0]?.text).toHaveLength(size);
    },
  );

  where('a user is taken out of a room, and a room is emptied, on every process', async () => {
    for (const room of ['lost', 'aside'])
      for (const socket of [speaker, listener]) await ask(socket, 'rooms:join', { room });
    await untilHeard(speaker, listener, 'lost');
    await ask(speaker, 'rooms:remove', { room: 'lost', userId: grace.userId });
    const [near, far] = [ear(speaker), ear(listener)];
    await ask(speaker, 'rooms:say', { room: 'lost', text: 'after' });
    await near.until(1);
    // The last word of the emptied room still reaches whoever was in it.
    const closed = Promise.all(
      [speaker, listener].map((socket) => new Promise((done) => socket.once('rooms:closed', done))),
    );
    await ask(listener, 'rooms:close', { room: 'both' });
    await closed;
    await ask(listener, 'rooms:say', { room: 'both', text: 'nobody' });
    await untilHeard(listener, speaker, 'aside');
    for (const socket of [speaker, listener]) await ask(socket, 'rooms:join', { room: 'both' });
    await untilHeard(speaker, listener, 'both');
    expect(near.heard.map(({ text }) => text).filter((text) => text !== 'hello')).toEqual([
      'after',
    ]);
    expect(far.heard.every(({ text }) => text === 'hello')).toBe(true);
  });
});

describe('when the way is lost', () => {
  let relay: TcpRelay;
  let one: TestApp;
  let two: TestApp;
  const opened: { stop(): Promise<void> }[] = [];

  afterEach(async () => {
    for (const app of opened.splice(0)) await app.stop();
    await relay.close();
  });

  test.each<[string, () => Promise<void>]>([
    [
      'cut',
      async () => {
        const admin = new Client({ connectionString: stack.database.adminUrl });
        await admin.connect();
        await admin.query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where application_name = 'bulwark-sockets' and datname = current_database()`,
        );
        await admin.end();
      },
    ],
    [
      'silent',
      async () => {
        relay.swallow();
        while (
          !two.logLines.some(({ msg }) => msg === 'Sockets of other processes are not reached')
        )
          await new Promise((done) => setTimeout(done, 20));
        relay.recover();
      },
    ],
  ])('%s, own sockets hear everything, and the others again by themselves', async (_how, lose) => {
    relay = await startTcpRelay(stack.database.url);
    one = await startTestApp({ stack, modules: [rooms] });
    two = await startTestApp({
      stack,
      modules: [rooms],
      environment: { DATABASE_LISTEN_URL: relay.url },
    });
    opened.push(one, two);
    const near = await two.connect(ada.accessToken);
    const speaker = await two.connect(ada.accessToken);
    const far = await one.connect(grace.accessToken);
    for (const socket of [near, speaker, far]) await ask(socket, 'rooms:join', { room: 'both' });
    await untilHeard(speaker, far, 'both');
    const told = new Promise((done) => near.once('socket:missed', done));

    await lose();
    const own = ear(near);
    await ask(speaker, 'rooms:say', { room: 'both', text: 'z', times: 3 });
    await own.until(3);

    await told;
    await untilHeard(speaker, far, 'both');
    await untilHeard(far, near, 'both');
    const said = two.logLines
      .map(({ msg }) => msg)
      .filter((msg) => /Sockets of other/.test(String(msg)));
    // On a busy machine the way may be lost once more.
    const turns = [
      'Sockets of other processes are not reached',
      'Sockets of other processes are reached again',
    ];
    expect(said.slice(0, 2)).toEqual(turns);
    expect(said.slice(-2)).toEqual(turns);
  });
});

(isInstalled('redis-server') ? test : test.skip)(
  'while Redis is away own sockets hear everything, and the others again when it is back',
  async () => {
    const server = await startRedisServer();
    const environment = { REDIS_URL: server.url };
    const [one, two] = await Promise.all([
      startTestApp({ stack, modules: [rooms], environment }),
      startTestApp({ stack, modules: [rooms], environment }),
    ]);
    const near = await one.connect(ada.accessToken);
    const speaker = await one.connect(ada.accessToken);
    const far = await two.connect(grace.accessToken);
    for (const socket of [near, speaker, far]) await ask(socket, 'rooms:join', { room: 'both' });
    await untilHeard(speaker, far, 'both');

    await server.stop();
    const own = ear(near);
    await ask(speaker, 'rooms:say', { room: 'both', text: 'z', times: 3 });
    await own.until(3);
    // A socket that ends meanwhile is kept nowhere, and that harms nobody.
    far.io.engine.close();
    await server.start();
    const back = new Promise((done) => far.once('connected', done));
    await back;
    await ask(far, 'rooms:join', { room: 'both' });
    await untilHeard(speaker, far, 'both');
    await untilHeard(far, near, 'both');

    await Promise.all([one.stop(), two.stop()]);
    await server.stop();
  },
);
