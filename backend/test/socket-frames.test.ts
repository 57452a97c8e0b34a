import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Socket } from 'socket.io-client';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { frame, opcodes, openAdmitted, openRawWebSocket } from './support/raw-web-socket.ts';

let app: TestApp;
let user: TestUser;
let bystander: Socket;

beforeAll(async () => {
  app = await startTestApp({
    modules: [echo],
    environment: {
      ALLOWED_ORIGINS: 'https://app.acme.test',
      SOCKET_MAX_PAYLOAD: '10kb',
      SOCKET_MAX_ATTACHMENTS: '2',
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

const big = 'x'.repeat(8_000);
const fragments = (count: number, size: number): Buffer[] => [
  frame('4', { fin: false }),
  ...Array.from({ length: count }, () =>
    frame('x'.repeat(size), { opcode: opcodes.continuation, fin: false }),
  ),
];

const fatal: [what: string, frames: (string | Buffer)[]][] = [
  ['text that is not UTF-8', [frame(Buffer.from([0x34, 0x32, 0xc3, 0x28]))]],
  ['a reserved opcode', [frame('x', { opcode: 3 })]],
  ['a reserved control opcode', [frame('x', { opcode: 11 })]],
  ['a reserved bit', [frame('42["echo:say",{}]', { reserved: 4 })]],
  ['a frame without a mask', [frame('42["echo:say",{}]', { masked: false })]],
  ['a control frame over 125 bytes', [frame('x'.repeat(126), { opcode: opcodes.ping })]],
  ['a control frame in fragments', [frame('x', { opcode: opcodes.ping, fin: false })]],
  ['a continuation of nothing', [frame('x', { opcode: opcodes.continuation })]],
  ['a message within a message', [frame('4', { fin: false }), frame('42[]')]],
  ['a close frame with one byte', [frame('x', { opcode: opcodes.close })]],
  ['a close frame with a reserved code', [frame(Buffer.from([3, 237]), { opcode: 8 })]],
  ['a frame that announces 1 TB', [frame('x', { length: 2 ** 40 })]],
  ['a frame that announces more than can be counted', [frame('x', { length: 2 ** 60 })]],
  ['fragments that add up to too much', fragments(12, 1_000)],
  ['very many tiny fragments', fragments(200, 1)],
  ['a packet of no type', ['4']],
  ['an unknown packet type', ['49']],
  ['JSON that ends too soon', ['42[']],
  ['no JSON array', ['42{"echo:say":1}']],
  ['a reserved event name', ['42["disconnecting"]']],
  ['a binary event without a count', ['45-["echo:say"]']],
  ['a binary event with a negative count', ['45-1-["echo:say"]']],
  ['a binary event with a broken count', ['451.5-["echo:say"]']],
  ['more attachments than allowed', ['453-["echo:say",{"_placeholder":true,"num":0}]']],
  ['very many attachments', ['459999999999-["echo:say"]']],
  ['bytes that nothing announced', [frame('x', { opcode: opcodes.binary })]],
  ['an event in the place of an attachment', ['451-["echo:say"]', '42["echo:say",{}]']],
  [
    'attachments that are too big together',
    [`452-["x"]`, ...[1, 2].map(() => frame(big, { opcode: 2 }))],
  ],
  [
    'a placeholder that points nowhere',
    [`451-["x",{"_placeholder":true,"num":7}]`, frame('x', { opcode: 2 })],
  ],
  ['a second connect packet', ['40{"token":"x"}']],
  ['an event for another namespace', ['42/admin,["echo:say",{}]']],
  ['a heartbeat in the wrong direction', ['2']],
  ['an unknown engine packet', ['9']],
];

test('what breaks the protocol or a limit closes its own connection', async () => {
  const survivors = await Promise.all(
    fatal.map(async ([what, frames]) => {
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
