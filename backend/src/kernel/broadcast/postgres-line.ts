import { setTimeout as wait } from 'node:timers/promises';
import type { Secret } from '../config/index.ts';
import { createNotifications } from '../db/index.ts';
import type { Line, LineEvents } from './types.ts';

/** One channel for all topics, so that one connection listens to everything. */
const channel = 'bulwark.broadcast';
const shortestPauseMs = 200;
const longestPauseMs = 2_000;
const speakAgainAfterMs = 500;

/** LISTEN and NOTIFY, on two connections of their own: one that only listens, one that speaks. */
export function postgresLine(url: Secret, { heard, changed }: LineEvents): Line {
  const closing = new AbortController();
  let again: NodeJS.Timeout | undefined;
  const notifications = createNotifications(url, {
    applicationName: 'bulwark-broadcast',
    onChange: changed,
    // Whoever sent it is told. Whether one is heard again shows only when something is said.
    onFault: () => {
      clearTimeout(again);
      again = setTimeout(() => {
        notifications.query('SELECT 1').catch(() => undefined);
      }, speakAgainAfterMs).unref();
    },
  });

  async function listen(): Promise<void> {
    const connection = await notifications.connect();
    const ended = new Promise<void>((resolve) => {
      connection.on('end', resolve);
    });
    connection.on('notification', ({ payload }) => {
      if (payload !== undefined) heard(payload);
    });
    await connection.query(`LISTEN "${channel}"`);
    await ended;
  }

  async function keepListening(): Promise<void> {
    let pauseMs = shortestPauseMs;
    while (!closing.signal.aborted) {
      const before = performance.now();
      await listen().catch(() => undefined);
      // A connection that held for a while was no failed attempt.
      if (performance.now() - before > 10 * longestPauseMs) pauseMs = shortestPauseMs;
      const jittered = pauseMs * (0.5 + Math.random() / 2);
      await wait(jittered, undefined, { signal: closing.signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
    }
  }
  const listening = keepListening();

  return {
    async send(messages) {
      await notifications.query(
        'SELECT pg_notify($1, message) FROM unnest($2::text[]) WITH ORDINALITY AS said (message, place) ORDER BY place',
        [channel, messages],
      );
    },
    async close() {
      closing.abort();
      clearTimeout(again);
      await notifications.close();
      await Promise.race([listening, wait(500, undefined, { ref: false })]);
    },
  };
}
