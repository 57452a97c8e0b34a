import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A WebSocket client that may break every rule: it sends whatever bytes it is told to. */
export interface RawWebSocket {
  /** The status line of the answer to the upgrade: `HTTP/1.1 101 Switching Protocols`. */
  readonly statusLine: string;
  send(...frames: readonly (string | Uint8Array)[]): void;
  /** Everything that came after the upgrade's answer, as text; frame headers are in it. */
  received(): string;
  /** Resolves once `text` has come; rejects when the connection ends before. */
  until(text: string): Promise<void>;
  readonly ended: Promise<void>;
  /** Stops and starts reading. A client that does not read makes the server keep what it sends. */
  pause(): void;
  resume(): void;
  destroy(): void;
}

interface Frame {
  opcode?: number;
  fin?: boolean;
  masked?: boolean;
  reserved?: number;
  /** Announced instead of the true length. */
  length?: number;
}

export const opcodes = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** One frame of RFC 6455, right by default and wrong as asked. */
export function frame(
  payload: string | Uint8Array,
  { opcode = opcodes.text, fin = true, masked = true, reserved = 0, length }: Frame = {},
): Buffer {
  const body = Buffer.from(payload);
  const size = length ?? body.length;
  const first = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  const maskBit = masked ? 0x80 : 0;
  let head: Buffer;
  if (size < 126) {
    head = Buffer.from([first, maskBit | size]);
  } else if (size < 65_536) {
    head = Buffer.from([first, maskBit | 126, size >> 8, size & 0xff]);
  } else {
    head = Buffer.alloc(10);
    head[0] = first;
    head[1] = maskBit | 127;
    head.writeBigUInt64BE(BigInt(size), 2);
  }
  if (!masked) return Buffer.concat([head, body]);
  const mask = randomBytes(4);
  return Buffer.concat([head, mask, body.map((byte, index) => byte ^ (mask[index % 4] ?? 0))]);
}

/** Opens a WebSocket to Socket.IO over bare TCP. A refused upgrade resolves too; `statusLine` tells. */
export async function openRawWebSocket(
  url: string,
  options: { headers?: readonly string[]; query?: string } = {},
): Promise<RawWebSocket> {
  const { hostname, port, host } = new URL(url);
  const socket: Socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.on('error', () => undefined);
  const ended = once(socket, 'close').then(() => undefined);
  await once(socket, 'connect');
  socket.write(
    [
      `GET /socket.io/?EIO=4&transport=websocket${options.query ?? ''} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...(options.headers ?? []),
      '\r\n',
    ].join('\r\n'),
  );
  const until = async (expected: string): Promise<void> => {
    while (!text.includes(expected)) {
      const over = await Promise.race([once(socket, 'data'), ended.then(() => 'over' as const)]);
      if (over === 'over' && !text.includes(expected))
        throw new Error(`The connection ended without "${expected}": ${text}`);
    }
  };
  await until('\r\n\r\n');
  const statusLine = text.slice(0, text.indexOf('\r\n'));
  return {
    statusLine,
    send(...frames) {
      for (const each of frames)
        if (!socket.destroyed) socket.write(typeof each === 'string' ? frame(each) : each);
    },
    received: () => text.slice(text.indexOf('\r\n\r\n') + 4),
    until,
    ended,
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    destroy: () => void socket.destroy(),
  };
}

/** Opened and admitted as the token's user: Socket.IO's CONNECT is sent and `connected` has come. */
export async function openAdmitted(url: string, token: string): Promise<RawWebSocket> {
  const socket = await openRawWebSocket(url);
  socket.send(`40${JSON.stringify({ token })}`);
  await socket.until('"connected"');
  return socket;
}
