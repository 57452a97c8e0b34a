import { validationDetails } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Infer, Schema } from '../schema/index.ts';

/**
 * Lets one part of the server tell others that something happened, without knowing them. An event is a name; whoever
 * subscribes owns the schema of what it reads, so publisher and subscriber can be removed separately.
 */
export interface EventBus {
  /** Subscribers run at once, in order; their failures are logged and never reach the publisher. */
  publish(name: string, payload: unknown): void;
  /** Returns a disposer. A payload that does not fit the schema is logged and dropped. */
  subscribe<S extends Schema>(
    name: string,
    schema: S,
    handle: (payload: Infer<S>) => void | Promise<void>,
  ): () => void;
}

export function createEventBus(logger: Logger): EventBus {
  const subscribers = new Map<string, Set<(payload: unknown) => void>>();

  return {
    publish(name, payload) {
      for (const deliver of subscribers.get(name) ?? []) deliver(payload);
    },
    subscribe(name, schema, handle) {
      const failed = (error: unknown) => {
        logger.error({ event: name, err: error }, 'event subscriber failed');
      };
      const deliver = (payload: unknown) => {
        const checked = schema.validate(payload, { stripUnknown: true });
        if (checked.error) {
          // Joi's own message may repeat the value.
          const details = validationDetails(checked.error, 'payload');
          logger.error({ event: name, details }, 'event does not fit its subscriber');
          return;
        }
        const run = async () => handle(checked.value as Infer<typeof schema>);
        run().catch(failed);
      };
      const deliveries = subscribers.get(name) ?? new Set();
      subscribers.set(name, deliveries.add(deliver));
      return () => {
        deliveries.delete(deliver);
      };
    },
  };
}
