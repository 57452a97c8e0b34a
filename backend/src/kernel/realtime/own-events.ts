import type { UserCaller } from '../auth/index.ts';
import { AppError } from '../errors/index.ts';
import { Joi, shape } from '../schema/index.ts';
import { socketEvent, type SocketEvent } from './event.ts';
import { expiresAt, type SocketSession } from './session.ts';

const freshToken = shape({ token: Joi.string().max(8192) }).required();

/** `auth:refresh`: a fresh access token in band, so that the connection outlives the first one. */
export function refreshEvent(
  session: SocketSession,
  /** Told who it is now, before the client is answered. */
  renewed: (caller: UserCaller) => Promise<void>,
): SocketEvent {
  return socketEvent({
    name: 'auth:refresh',
    summary: 'Go on with a fresh access token',
    auth: 'user',
    rateLimit: 'auth-sensitive',
    payload: freshToken,
    handler: async ({ payload }) => {
      const caller = await session.refresh(payload.token);
      await renewed(caller);
      return { expiresAt: expiresAt(caller) };
    },
  });
}

/** Whatever is sent under a name that nobody serves. The name is the client's and is not repeated. */
export const unknownEvent: SocketEvent = socketEvent({
  name: 'unknown',
  summary: 'No such event',
  auth: 'public',
  rateLimit: 'public',
  payload: Joi.any().optional(),
  handler: () => Promise.reject(new AppError('NOT_FOUND', { message: 'No such event.' })),
});

/** A payload must be there, unless its schema says that it need not. */
export function withRequiredPayload(event: SocketEvent): SocketEvent {
  const { payload } = event;
  return payload.$_getFlag('presence') === undefined
    ? { ...event, payload: payload.required() }
    : event;
}
