import type { Infer, Schema } from '../schema/index.ts';

/**
 * Small messages to all processes of the server, carried by Postgres' NOTIFY or by Redis. For hints such as "this changed": at
 * most once and best effort, so whoever needs certainty keeps the truth in a table and reads it again after a gap.
 */
export interface Broadcast {
  /**
   * To every process, this one included: here at once, before it returns. Never throws for want of a line and waits for
   * nothing. `payload` is JSON of at most 4 kB; a bigger one is heard here only, and the others are told of a gap.
   */
  publish(topic: string, payload: unknown): void;
  /** `handle` is given what passes the schema; the rest is logged and dropped. Returns what ends it. */
  subscribe<S extends Schema>(
    topic: string,
    schema: S,
    handle: (payload: Infer<S>) => void,
  ): () => void;
  /**
   * Messages may have been missed, so read the truth anew: the line was lost and stands again, or it stands for the first
   * time, or what another process said did not arrive. Returns what ends it.
   */
  onGap(handle: () => void): () => void;
  /** Whether other processes are heard now. While they are not, look at the truth every second or so. */
  readonly connected: boolean;
}

export interface BroadcastServer extends Broadcast {
  /** Resolves when the line stands, or when the signal fires: a server need not wait for its neighbours. */
  start(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** What carries messages between processes. It finds back by itself. */
export interface Line {
  /** In this order. Rejects when it cannot say that all of them were sent. */
  send(messages: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface LineEvents {
  heard(message: string): void;
  /** Whether the others are heard. */
  changed(up: boolean): void;
}

export type OpenLine = (events: LineEvents) => Line;
