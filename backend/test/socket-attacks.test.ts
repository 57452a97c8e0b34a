import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      ALLOWED_ORIGINS: 'https://app.acme.test',
      // What limits stop before is in socket-limits.test.ts.
      SOCKET_MAX_ATTACHMENTS: '10',
      SOCKET_PACKETS_PER_SECOND: '1000',
      SOCKET_MAX_EVENTS_UNDER_WAY: '1000',
    },
  });
  user = await app.signUp();
});
afterAll(async () => {
  await app.stop();
});

const ask = (socket: Socket, event: string, ...values: unknown[]): Promise<unknown> =>
  socket.timeout(5_000).emitWithAck(event, ...values) as Promise<unknown>;

/** Sends these frames over a bare WebSocket and returns what comes back until `enough` is there or the end. */
async function speak(
  frames: readonly string[],
  { query = '', enough = 'CLOSED' } = {},
): Promise<string[]> {
  const address = `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket${query}`;
  const socket = new WebSocket(address);
  const received: string[] = [];
  await new Promise<void>((resolve) => {
    socket.addEventListener('open', () => {
      for (const frame of frames) socket.send(frame);
    });
    socket.addEventListener('message', ({ data }) => {
      received.push(String(data));
      if (String(data).includes(enough)) resolve();
    });
    socket.addEventListener('close', () => {
      received.push('CLOSED');
      resolve();
    });
  });
  socket.close();
  return received;
}

const hello = (auth: unknown) => `40${JSON.stringify(auth)}`;

describe('a connection', () => {
  test.each([[], {}, 5, true, '', ['eyJ']])('with the token %j is refused', async (token) => {
    const answer = await speak([hello({ token })], { enough: '44' });
    expect(answer.at(-1)).toContain('"code":"TOKEN_INVALID"');
  });

  test.each(['40null', '40[]', '40"text"'])('that says %s ends', async (frame) => {
    expect((await speak([frame])).at(-1)).toBe('CLOSED');
  });

  test('takes no token from its address, and no such token reaches the log', async () => {
    const { accessToken } = await app.signUp();
    const query = `&token=${accessToken}&access_token=${accessToken}&auth=${accessToken}`;
    const answer = await speak(['40'], { query, enough: '44' });
    expect(answer.at(-1)).toContain('"code":"UNAUTHENTICATED"');
    expect(JSON.stringify(app.logLines)).not.toContain(accessToken);
  });

  test('is admitted once, however often it asks at once', async () => {
    const greeted = app.logLines.filter(({ msg }) => msg === 'socket connected').length;
    const answer = await speak(Array<string>(50).fill(hello({ token: user.accessToken })));
    expect(answer.at(-1)).toBe('CLOSED');
    expect(app.logLines.filter(({ msg }) => msg === 'socket connected')).toHaveLength(greeted);
  });

  test('that was refused may try again with another token', async () => {
    const socket = io(app.url, {
      transports: ['websocket'],
      forceNew: true,
      auth: { token: 'nonsense' },
    });
    await new Promise((resolve) => socket.once('connect_error', resolve));
    socket.auth = { token: user.accessToken };
    const connected = new Promise((resolve) => socket.once('connected', resolve));
    socket.connect();
    await connected;
    socket.disconnect();
  });

  test('finds no namespace but the one', async () => {
    const answer = await speak([`40/admin,${JSON.stringify({ token: user.accessToken })}`], {
      enough: '44',
    });
    expect(answer.at(-1)).toBe('44/admin,{"message":"Invalid namespace"}');
  });

  test('sends no event before it is admitted', async () => {
    expect((await speak(['420["echo:say",{"word":"early"}]'])).at(-1)).toBe('CLOSED');
  });

  test('from a page of the same host needs its origin listed like any other', async () => {
    const socket = io(app.url, {
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth: { token: user.accessToken },
      extraHeaders: { origin: 'http://rebound.test', host: 'rebound.test' },
    });
    const outcome = await new Promise((resolve) => {
      socket.once('connect_error', () => {
        resolve('refused');
      });
      socket.once('connected', () => {
        resolve('connected');
      });
    });
    socket.disconnect();
    expect(outcome).toBe('refused');
    expect(app.logLines).toContainEqual(
      expect.objectContaining({ msg: 'socket handshake refused', reason: 'ORIGIN_NOT_ALLOWED' }),
    );
  });

  test('leaves one log line when it opens and one when it ends, without its token', async () => {
    const { accessToken, userId } = await app.signUp();
    const socket = await app.connect(accessToken);
    const { id: requestId } = socket;
    socket.disconnect();
    // Admitted and answered after the first connection has gone.
    await ask(await app.connect(user.accessToken), 'echo:say', { word: 'later' });
    const lines = app.logLines.filter((line) => line.requestId === requestId);
    expect(lines).toEqual([
      expect.objectContaining({ msg: 'socket connected', userId }),
      expect.objectContaining({
        msg: 'socket disconnected',
        userId,
        reason: 'client namespace disconnect',
        durationMs: expect.any(Number) as unknown,
      }),
    ]);
    expect(JSON.stringify(app.logLines)).not.toContain(accessToken);
  });
});

describe('an event', () => {
  test.each(['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'error', 'connected', ''])(
    'named %j is not found, and what it carries is not logged',
    async (name) => {
      const socket = await app.connect(user.accessToken);
      expect(await ask(socket, name, { note: 'payload-canary' })).toMatchObject({
        error: { error: 'NOT_FOUND', event: 'unknown' },
      });
      expect(JSON.stringify(app.logLines)).not.toContain('payload-canary');
    },
  );

  test.each(['disconnect', 'disconnecting', 'connect', 'connect_error', 'newListener'])(
    'named %s, which is reserved, ends its own connection only',
    async (name) => {
      const [bystander, answer] = await Promise.all([
        app.connect(user.accessToken),
        (async () => {
          const socket = new WebSocket(
            `${app.url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`,
          );
          return new Promise((resolve) => {
            socket.addEventListener('open', () => {
              socket.send(hello({ token: user.accessToken }));
            });
            socket.addEventListener('message', ({ data }) => {
              if (String(data).startsWith('42["connected"')) socket.send(`420["${name}",{}]`);
            });
            socket.addEventListener('close', resolve);
          });
        })(),
      ]);
      expect(answer).toBeDefined();
      expect(await ask(bystander, 'echo:say', { word: 'fine' })).toMatchObject({ ok: true });
    },
  );

  test.each([
    ['a key __proto__', JSON.parse('{"word":"a","__proto__":{"word":"hidden"}}') as unknown],
    ['a deep nesting', { word: JSON.parse(`${'['.repeat(99)}${']'.repeat(99)}`) as unknown }],
  ])('with %s is refused', async (_name, payload) => {
    const socket = await app.connect(user.accessToken);
    expect(await ask(socket, 'echo:say', payload)).toMatchObject({
      error: {
        error: 'VALIDATION_FAILED',
        details: [
          { field: 'payload', reason: expect.stringMatching(/__proto__|deeply/) as unknown },
        ],
      },
    });
  });

  test('with bytes where text is asked for is refused, whatever it is made of', async () => {
    const socket = await app.connect(user.accessToken);
    expect(await ask(socket, 'echo:say', { word: Buffer.alloc(2_000) })).toMatchObject({
      error: {
        error: 'VALIDATION_FAILED',
        details: [{ field: 'word', reason: 'must be a string' }],
      },
    });
  });

  test.each([
    ['auth:refresh', 20],
    ['no-such-event', 300],
  ])('%s is limited like any other', async (name, limit) => {
    const { accessToken } = await app.signUp();
    const socket = await app.connect(accessToken);
    const answers = await Promise.all(
      Array.from({ length: limit + 5 }, () => ask(socket, name, { token: 'nonsense' })),
    );
    const codes = answers.map((answer) => (answer as { error: { error: string } }).error.error);
    expect(codes.filter((code) => code === 'RATE_LIMITED')).toHaveLength(5);
  });
});
