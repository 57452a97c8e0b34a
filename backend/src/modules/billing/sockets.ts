import type { EventBus } from '../../kernel/events/index.ts';
import type { Logger } from '../../kernel/logging/index.ts';
import type { Realtime } from '../../kernel/realtime/index.ts';
import { changedUser, shown } from './schema.ts';
import type { BillingService } from './service.ts';

/** Users who are read at a time: many end in one moment, and the database has others to serve. */
const atOnce = 4;

/**
 * Tells all sockets of a user, of every process, what they may use now. Changes that come while one is being read are told
 * together after it, so that the last message is the last state. Returns the disposer.
 */
export function relayEntitlements(options: {
  events: EventBus;
  realtime: Realtime;
  billing: Pick<BillingService, 'viewOf'>;
  logger: Logger;
}): () => void {
  const { events, realtime, billing, logger } = options;
  /** Users of whom something is to be told, in the order in which it was heard. */
  const waiting = new Set<string>();
  const reading = new Set<string>();

  async function tell(userId: string): Promise<void> {
    waiting.delete(userId);
    reading.add(userId);
    try {
      realtime.emitToUser(userId, 'entitlements:changed', shown(await billing.viewOf(userId)));
    } catch (error) {
      // Guards do not depend on it, and whoever connects again asks.
      logger.warn({ err: error, userId }, 'Sockets were not told of a change of entitlements');
    }
    reading.delete(userId);
    tellNext();
  }

  function tellNext(): void {
    for (const userId of waiting) {
      if (reading.size >= atOnce) return;
      if (!reading.has(userId)) void tell(userId);
    }
  }

  const unsubscribe = events.subscribe(
    'billing.entitlements-changed',
    changedUser,
    ({ userId }) => {
      waiting.add(userId);
      tellNext();
    },
  );
  return () => {
    unsubscribe();
    waiting.clear();
  };
}
