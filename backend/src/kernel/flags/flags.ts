import { randomUUID } from 'node:crypto';
import { NOOP_PROVIDER, OpenFeature } from '@openfeature/server-sdk';
import type { Broadcast } from '../broadcast/index.ts';
import type { Database } from '../db/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { shape } from '../schema/index.ts';
import { FlagMemory } from './flag-memory.ts';
import { createFlagsAdmin } from './flags-admin.ts';
import { PostgresProvider } from './postgres-provider.ts';
import type { Flags, FlagsAdmin } from './types.ts';

export interface FlagsServer extends Flags {
  readonly admin: FlagsAdmin;
  /** Resolves when the flags are known, or cannot be read now. Never rejects. */
  start(): Promise<void>;
  close(): void;
}

const topic = 'flags:changed';
/** How often the revision is looked at while other processes are not heard, or the store could not be read. */
const pollMs = 1_000;
/** The same while they are: for what is changed past the admin API. */
const calmPollMs = 15_000;

export function createFlags(options: {
  db: Database;
  broadcast: Broadcast;
  logger: Logger;
  metrics: Metrics;
}): FlagsServer {
  const { db, broadcast, logger, metrics } = options;
  const memory: FlagMemory = new FlagMemory(db, logger, {
    changed: (names) => {
      provider.changed(names);
    },
    turned: (up) => {
      provider.turned(up);
    },
  });
  const provider = new PostgresProvider(memory);
  // OpenFeature is one for the whole process; a domain of its own keeps servers of one process, such as tests', apart.
  const domain = randomUUID();
  OpenFeature.setProvider(domain, provider);
  const client = OpenFeature.getClient(domain);

  metrics.gauge('bulwark_flags_up', 'Whether the flags could be read the last time.', () =>
    memory.up ? 1 : 0,
  );

  const endings: (() => void)[] = [];
  let lookedAt = 0;

  function look(): void {
    lookedAt = performance.now();
    void memory.refresh();
  }
  function lookIfDue(): void {
    const calm = memory.up && broadcast.connected;
    if (!calm || performance.now() - lookedAt >= calmPollMs) look();
  }

  return {
    boolean: (name, fallback, { userId, role } = {}) =>
      client.getBooleanValue(name, fallback, {
        ...(userId !== undefined && { targetingKey: userId }),
        ...(role !== undefined && { role }),
      }),
    admin: createFlagsAdmin(db, async () => {
      await memory.refresh();
      broadcast.publish(topic, {});
    }),
    async start() {
      const timer = setInterval(lookIfDue, pollMs).unref();
      endings.push(
        () => {
          clearInterval(timer);
        },
        broadcast.subscribe(topic, shape({}), look),
        broadcast.onGap(look),
      );
      await memory.refresh();
    },
    close() {
      for (const end of endings) end();
      OpenFeature.setProvider(domain, NOOP_PROVIDER);
    },
  };
}
