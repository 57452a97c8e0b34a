import { frame, opcodes } from './raw-web-socket.ts';

/** The settings that these frames are made for. */
export const hostileFrameLimits = { SOCKET_MAX_PAYLOAD: '10kb', SOCKET_MAX_ATTACHMENTS: '2' };

const big = 'x'.repeat(8_000);
const fragments = (count: number, size: number): Buffer[] => [
  frame('4', { fin: false }),
  ...Array.from({ length: count }, () =>
    frame('x'.repeat(size), { opcode: opcodes.continuation, fin: false }),
  ),
];

/** Each breaks the WebSocket or Socket.IO protocol, or a limit, and so ends its own connection. Sent by an admitted client. */
export const hostileFrames: readonly (readonly [
  what: string,
  frames: readonly (string | Buffer)[],
])[] = [
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
