import { webSocketOf, type Connection } from './connection.ts';

interface Packet {
  data?: string | Uint8Array;
}

/** What a waiting packet costs besides its text, which all receivers of a room share. */
const packetOverheadBytes = 256;

/**
 * Watches what waits in memory for one client to read it, in Engine.IO's queue and below. Calls `breached` once when a
 * packet brings it over `maxBytes`.
 */
export function guardOutbound(
  connection: Connection,
  maxBytes: number,
  breached: () => void,
): void {
  let queued = 0;
  let over = false;
  connection.on('packetCreate', ({ data }: Packet) => {
    queued += packetOverheadBytes + (data?.length ?? 0);
    if (over || queued + (webSocketOf(connection)?.bufferedAmount ?? 0) <= maxBytes) return;
    over = true;
    // Not amid a broadcast, whose list of receivers would change under it.
    queueMicrotask(breached);
  });
  connection.on('flush', () => {
    queued = 0;
  });
}
