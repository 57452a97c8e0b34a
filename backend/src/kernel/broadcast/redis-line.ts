import type { Redis } from '../redis/index.ts';
import type { Line, LineEvents } from './types.ts';

const channel = 'bulwark:broadcast';
const publishTimeoutMs = 1_000;

/** Redis' pub/sub. The client listens again by itself when its connection was lost. */
export function redisLine(redis: Redis, { heard, changed }: LineEvents): Line {
  // What is asked before the connection stands is kept for it: it subscribes once, as soon as it can.
  const listener = redis.client.duplicate({ disableOfflineQueue: false });
  listener.on('error', () => {
    changed(false);
  });
  let subscribed = false;
  // By then it has subscribed again, where it was before.
  listener.on('ready', () => {
    if (subscribed) changed(true);
  });
  // Both reject only when they are given up by `close`.
  listener.connect().catch(() => undefined);
  listener.subscribe(channel, heard).then(
    () => {
      subscribed = true;
      changed(true);
    },
    () => undefined,
  );

  return {
    async send(messages) {
      await redis.run(
        (client) => Promise.all(messages.map((message) => client.publish(channel, message))),
        publishTimeoutMs,
      );
    },
    close() {
      if (listener.isOpen) listener.destroy();
      return Promise.resolve();
    },
  };
}
