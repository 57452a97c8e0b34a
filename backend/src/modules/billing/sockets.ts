import type { EventBus } from '../../kernel/events/index.ts';
import type { Realtime } from '../../kernel/realtime/index.ts';
import { changedUser, shown } from './schema.ts';
import type { BillingService } from './service.ts';

/**
 * Tells all sockets of a user, of every process, what they may use now. Changes that come while one is being read are told
 * together, in one message after it, so that the last message is the last state. Returns the disposer.
 */
export function relayEntitlements(
  events: EventBus,
  realtime: Realtime,
  billing: Pick<BillingService, 'viewOf'>,
): () => void {
  /** By user: whether something changed since the read that is under way. */
  const reading = new Map<string, boolean>();

  return events.subscribe('billing.entitlements-changed', changedUser, async ({ userId }) => {
    if (reading.has(userId)) {
      reading.set(userId, true);
      return;
    }
    try {
      do {
        reading.set(userId, false);
        realtime.emitToUser(userId, 'entitlements:changed', shown(await billing.viewOf(userId)));
      } while (reading.get(userId) === true);
    } finally {
      reading.delete(userId);
    }
  });
}
