import type { Socket } from 'socket.io';

/** The connection below a socket: Engine.IO's, with `packet`, `packetCreate`, `flush` and `close` events. */
export type Connection = Socket['conn'];

/** What of `ws` is needed here; Engine.IO has no word for it. */
interface WebSocketBelow {
  /** Bytes handed over and not yet taken by the operating system. */
  readonly bufferedAmount: number;
  terminate(): void;
  on(event: 'ping' | 'pong', listener: () => void): unknown;
}

/** Undefined for long-polling. */
export const webSocketOf = (connection: Connection): WebSocketBelow | undefined =>
  (connection.transport as { socket?: WebSocketBelow }).socket;

/** Ends a connection at once: who does not read would not answer a closing handshake either. */
export function cutOff(connection: Connection): void {
  const webSocket = webSocketOf(connection);
  if (webSocket === undefined) connection.close(true);
  else webSocket.terminate();
}

/**
 * Options of `ws` by which one client can hold less: frames of one message (by default 16,384), pieces of the network for
 * one frame (262,144) and the wait for the answer to our close frame (30 s).
 */
export const frameLimits = (maxPayloadBytes: number) => ({
  maxFragments: Math.max(64, Math.ceil(maxPayloadBytes / 1024)),
  maxBufferedChunks: Math.max(256, Math.ceil(maxPayloadBytes / 128)),
  closeTimeout: 1_000,
});
