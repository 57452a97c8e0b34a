import { setTimeout as wait } from 'node:timers/promises';
import { escapeIdentifier, type ClientConfig } from 'pg';
import type { Secret } from '../config/index.ts';
import { Listener } from './listener.ts';

export interface Listening {
  readonly up: boolean;
  close(): Promise<void>;
}

export interface ListeningOptions {
  applicationName: string;
  channel: string;
  /** Must not throw. */
  heard: (payload: string) => void;
  /** It hears, or does not any more. Once it hears again, something may have been said meanwhile. */
  onChange: (up: boolean) => void;
}

const answerTimeoutMs = 2_000;
const shortestPauseMs = 250;
const longestPauseMs = 5_000;

/** LISTEN on a connection of its own, opened again whenever it ends or its other side is silent. */
export function keepListening(url: Secret, options: ListeningOptions): Listening {
  const config: ClientConfig = {
    connectionString: url.reveal(),
    application_name: options.applicationName,
    connectionTimeoutMillis: answerTimeoutMs,
    query_timeout: answerTimeoutMs,
    keepAlive: true,
  };
  const stopping = new AbortController();
  let current: Listener | undefined;
  let up = false;

  function changed(): void {
    const now = current?.listening === true;
    if (now === up) return;
    up = now;
    options.onChange(up);
  }

  /** From one connection's start to its end. */
  async function listen(): Promise<boolean> {
    const listener = new Listener(config, changed);
    current = listener;
    try {
      await listener.open();
      listener.on('notification', ({ payload }) => {
        options.heard(payload ?? '');
      });
      await listener.query(`LISTEN ${escapeIdentifier(options.channel)}`);
      if (stopping.signal.aborted) listener.release();
      await listener.ended;
      return true;
    } catch {
      listener.release();
      return false;
    }
  }

  async function keep(): Promise<void> {
    let pauseMs = shortestPauseMs;
    while (!stopping.signal.aborted) {
      pauseMs = (await listen()) ? shortestPauseMs : Math.min(pauseMs * 2, longestPauseMs);
      const pause = pauseMs * (0.5 + Math.random());
      await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const kept = keep();
  return {
    get up() {
      return up;
    },
    async close() {
      stopping.abort();
      current?.release();
      await kept;
    },
  };
}
