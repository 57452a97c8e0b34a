import type { KernelConfig } from '../config/index.ts';
import { webSocketOf, type Connection } from './connection.ts';
import { TokenBucket } from './token-bucket.ts';

export type InboundBreach = 'flood' | 'attachments';

/** A packet of Engine.IO; of those with data, text begins with the type of the Socket.IO packet within. */
interface Packet {
  type: string;
  data?: unknown;
}

const burstFactor = 4;
/** How long the binary parts of a message may take to arrive. */
const attachmentDeadlineMs = 10_000;
const binaryPacket = /^[56](\d{1,4})-/;

/**
 * Watches what one connection sends before anything parses it. Calls `breached` once: for more packets (WebSocket pings
 * count as well) than the rate allows, and for binary parts that are too many, too big together or too slow to come.
 */
export function guardInbound(
  connection: Connection,
  config: KernelConfig['realtime'],
  breached: (breach: InboundBreach) => void,
): void {
  const bucket = new TokenBucket(config.packetsPerSecond, config.packetsPerSecond * burstFactor);
  let awaited = 0;
  let bytes = 0;
  let deadline: NodeJS.Timeout | undefined;
  let over = false;

  function breach(what: InboundBreach): void {
    if (over) return;
    over = true;
    clearTimeout(deadline);
    breached(what);
  }

  function count(): void {
    if (!bucket.take()) breach('flood');
  }

  /** The text that announces binary parts. */
  function announced(text: string): void {
    const parts = binaryPacket.exec(text)?.[1];
    if (parts === undefined) return;
    awaited = Number(parts);
    bytes = text.length;
    if (awaited > config.maxAttachments) {
      breach('attachments');
      return;
    }
    deadline = setTimeout(breach, attachmentDeadlineMs, 'attachments');
  }

  function arrived(part: Uint8Array): void {
    awaited -= 1;
    bytes += part.byteLength;
    if (awaited < 0 || bytes > config.maxPayloadBytes) breach('attachments');
    if (awaited <= 0) clearTimeout(deadline);
  }

  connection.on('packet', ({ type, data }: Packet) => {
    count();
    if (over || type !== 'message') return;
    if (typeof data === 'string') announced(data);
    else if (ArrayBuffer.isView(data)) arrived(data as Uint8Array);
  });
  const countControlFrames = () => {
    webSocketOf(connection)?.on('ping', count);
    webSocketOf(connection)?.on('pong', count);
  };
  countControlFrames();
  connection.on('upgrade', countControlFrames);
  connection.once('close', () => {
    over = true;
    clearTimeout(deadline);
  });
}
