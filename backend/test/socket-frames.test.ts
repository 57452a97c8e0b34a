import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { hostileFrameLimits, hostileFrames } from './support/hostile-frames.ts';
import { frame, opcodes, openAdmitted, openRawWebSocket } from './support/raw-web-socket.ts';

let app: TestApp;
let user: TestUser;
let bystander: Socket;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      ALLOWED_ORIGINS: 'https://app.acme.test',
      ...hostileFrameLimits,
    },
  });
  user = await app.signUp();
  bystander = await app.connect(user.accessToken);
});
afterAll(async () => {
  // Whatever came before, the process and its other sockets are as they were.
  expect(
    await bystander.timeout(5_000).emitWithAck('echo:say', { word: 'still here' }),
  ).toMatchObject({ ok: true });
  expect(app.logLines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  await app.stop();
});

test('what breaks the protocol or a limit closes its own connection', async () => {
  const survivors = await Promise.all(
    hostileFrames.map(async ([what, frames]) => {
      const socket = await openAdmitted(app.url, user.accessToken);
      socket.send(...frames);
      const survived = await Promise.race([
        socket.ended.then(() => false),
        sleep(8_000, true, { ref: false }),
      ]);
      socket.destroy();
      return survived ? [what] : [];
    }),
  );
  expect(survivors.flat()).toEqual([]);
});

describe('what is odd and does no harm', () => {
  test.each<[string, (string | Buffer)[]]>([
    ['an ack that nobody waits for', ['4399999999999999999999[]', '43["__proto__"]']],
    ['an event with the largest ack id', [`42${'9'.repeat(400)}["echo:say",{"word":"a"}]`]],
    ['keys of the prototype', ['42["echo:say",{"__proto__":{"word":"x"},"constructor":1}]']],
    ['event names of the prototype', ['42["__proto__",{}]', '42["constructor"]', '42["toString"]']],
    ['a number as the name', ['42[7,{}]']],
    ['unasked pongs', [frame('', { opcode: opcodes.pong }), '3']],
    ['another namespace', ['40/admin,']],
  ])('%s', async (_what, frames) => {
    const socket = await openAdmitted(app.url, user.accessToken);
    socket.send(...frames, '4242["echo:say",{"word":"after"}]');
    await socket.until('4342[{"ok":true');
    socket.destroy();
  });
});

test.each([
  ['a foreign origin', { headers: ['Origin: https://evil.test'] }],
  ['the origin null', { headers: ['Origin: null'] }],
  ['an empty origin', { headers: ['Origin: '] }],
  ['two origins', { headers: ['Origin: https://app.acme.test', 'Origin: https://evil.test'] }],
  ['two origins, both good', { headers: Array<string>(2).fill('Origin: https://app.acme.test') }],
  ['WebTransport', { query: '&transport=webtransport' }],
  ['long-polling', { query: '&transport=polling' }],
  ['an older protocol', { query: '&EIO=3' }],
  ['an id that it made up', { query: '&sid=__proto__' }],
])('a handshake with %s is refused', async (_what, options) => {
  const socket = await openRawWebSocket(app.url, options);
  await socket.ended;
  expect(socket.received()).not.toContain('"sid"');
});

test('a compressed message cannot be had: the server agrees to no compression', async () => {
  const socket = await openRawWebSocket(app.url, {
    headers: ['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits'],
  });
  expect(socket.statusLine).toContain('101');
  socket.send(frame('42["echo:say",{}]', { reserved: 4 }));
  await socket.ended;
});
