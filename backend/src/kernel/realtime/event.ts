import type { AuthRequirement, CallerOf } from '../auth/index.ts';
import type { RateLimitTier } from '../ratelimit/index.ts';
import type { Infer, Schema } from '../schema/index.ts';

/** What a handler is given: a checked payload and a verified caller, nothing of Socket.IO. */
export interface SocketInput<P, A extends AuthRequirement = AuthRequirement> {
  payload: P;
  /** Signed in, wherever the event does not say `public`. */
  caller: CallerOf<A>;
  requestId: string;
  /** Puts this socket into a room. Call it only after the service has admitted the caller. */
  join(room: string): Promise<void>;
  leave(room: string): Promise<void>;
}

interface SocketEventDefinition<P extends Schema, A extends AuthRequirement> {
  /** `<feature>:<verb>`, such as `cooking:join`. */
  name: string;
  summary: string;
  auth: A;
  rateLimit: RateLimitTier;
  /** What the caller must have bought besides, such as `pro`. Not for `public` events. */
  entitlement?: string;
  payload: P;
  /** What the acknowledgement carries as `data`. */
  ack?: Schema;
  handler: (input: SocketInput<Infer<P>, A>) => Promise<unknown>;
}

/** A declared event with its types folded away. */
export type SocketEvent = Omit<SocketEventDefinition<Schema, AuthRequirement>, 'handler'> & {
  handler: (input: SocketInput<unknown>) => Promise<unknown>;
};

/**
 * One socket event in one place: name, who may send it, how often, what it takes, what it acknowledges. The ack is
 * `{ ok: true, data }` or `{ ok: false, error }` with the same body that HTTP answers.
 */
export function socketEvent<P extends Schema, const A extends AuthRequirement>(
  definition: SocketEventDefinition<P, A>,
): SocketEvent {
  // The handler only ever sees payloads that passed this very schema.
  return definition as unknown as SocketEvent;
}
