import type { Broadcast } from '../broadcast/index.ts';
import type { KernelConfig } from '../config/index.ts';
import { AppError, unauthenticated } from '../errors/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { shape, uuid } from '../schema/index.ts';
import { Memory } from './memory.ts';
import type { Entitlement, Entitlements, EntitlementSource, EntitlementsNow } from './types.ts';

export interface EntitlementsOptions {
  config: KernelConfig['entitlements'];
  broadcast: Broadcast;
  metrics: Metrics;
}

/** Messages between processes: whose entitlements are to be forgotten. */
const topic = 'entitlements.changed';
/** Users that one process remembers at most; those asked for longest ago go first. */
const mostUsers = 10_000;
/** How long is remembered while other processes are not heard. */
const unheardMs = 1_000;

const nothing: EntitlementsNow = { entitlements: [], changesAt: null };
/** Nobody sells anything, so nobody has anything. */
const denyAll: EntitlementSource = () => Promise.resolve(nothing);

export function createEntitlements(options: EntitlementsOptions): Entitlements & { close(): void } {
  const { config, broadcast, metrics } = options;
  let source = denyAll;
  const memory = new Memory({
    load: (userId) => source(userId),
    freshMs: () => (broadcast.connected ? config.freshMs : Math.min(config.freshMs, unheardMs)),
    mostUsers,
  });
  const checks = metrics.counter(
    'bulwark_entitlement_checks_total',
    'Routes and socket events that need an entitlement: granted, refused, or unknown because it could not be looked up.',
    ['outcome'],
  );
  metrics.gauge(
    'bulwark_entitlement_users',
    'Users whose entitlements this process remembers.',
    () => memory.size,
  );
  const disposers = [
    broadcast.subscribe(topic, shape({ userId: uuid() }), ({ userId }) => {
      memory.forget(userId);
    }),
    broadcast.onGap(() => {
      memory.clear();
    }),
  ];

  async function of(userId: string): Promise<readonly Entitlement[]> {
    const { entitlements } = await memory.get(userId);
    return entitlements;
  }

  async function has(userId: string, name: string): Promise<boolean> {
    return (await of(userId)).some((entitlement) => entitlement.name === name);
  }

  return {
    of,
    has,
    async require(caller, name) {
      if (caller.kind !== 'user') throw unauthenticated();
      let granted: boolean;
      try {
        granted = await has(caller.userId, name);
      } catch (error) {
        checks.add({ outcome: 'unknown' });
        throw error;
      }
      checks.add({ outcome: granted ? 'granted' : 'refused' });
      if (!granted)
        throw new AppError('ENTITLEMENT_REQUIRED', {
          details: [{ field: 'entitlement', reason: name }],
        });
    },
    provide(provided) {
      if (source !== denyAll) throw new Error('Entitlements have a source already');
      source = provided;
      memory.clear();
      return () => {
        source = denyAll;
        memory.clear();
      };
    },
    changed(userId) {
      broadcast.publish(topic, { userId });
    },
    close() {
      for (const dispose of disposers) dispose();
      memory.clear();
    },
  };
}
