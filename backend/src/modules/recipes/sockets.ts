import type { EventBus } from '../../kernel/events/index.ts';
import {
  type Realtime,
  type RoomRule,
  type SocketEvent,
  socketEvent,
  type SocketInput,
} from '../../kernel/realtime/index.ts';
import {
  cookingChanges,
  cookingMessage,
  cookingSession,
  cookingState,
  type CookingState,
  inRecipe,
  inSession,
  newMessage,
  nextStep,
} from './cooking-schema.ts';
import type { CookingService } from './cooking-service.ts';

const auth = 'user';
const rateLimit = 'signed-in';

export function cookingEvents(cooking: CookingService): SocketEvent[] {
  /** Into the room first and then the state, so that no change falls between the two. */
  async function enter(
    input: SocketInput<unknown, 'user'>,
    sessionId: string,
  ): Promise<CookingState> {
    await input.join(roomOf(sessionId));
    try {
      return await cooking.state(input.caller, sessionId);
    } catch (error) {
      await input.leave(roomOf(sessionId));
      throw error;
    }
  }

  return [
    socketEvent({
      name: 'cooking:create',
      summary: 'Start cooking a recipe, as its host',
      auth,
      rateLimit,
      payload: inRecipe,
      ack: cookingState,
      handler: async (input) => {
        const { id } = await cooking.create(input.caller, input.payload.recipeId);
        return enter(input, id);
      },
    }),

    socketEvent({
      name: 'cooking:join',
      summary: 'Join a session whose recipe you can read',
      auth,
      rateLimit,
      payload: inSession,
      ack: cookingState,
      handler: async (input) => {
        const { sessionId } = input.payload;
        await cooking.join(input.caller, sessionId);
        return enter(input, sessionId);
      },
    }),

    socketEvent({
      name: 'cooking:state',
      summary: 'Come back to your session after a reconnect',
      auth,
      rateLimit,
      payload: inSession,
      ack: cookingState,
      handler: async (input) => {
        const { sessionId } = input.payload;
        await cooking.find(input.caller, sessionId);
        return enter(input, sessionId);
      },
    }),

    socketEvent({
      name: 'cooking:leave',
      summary: 'Leave a session; without its host it ends',
      auth,
      rateLimit,
      payload: inSession,
      handler: async ({ caller, payload }) => cooking.leave(caller, payload.sessionId),
    }),

    socketEvent({
      name: 'cooking:next-step',
      summary: 'Go on from a step, as the host',
      auth,
      rateLimit,
      payload: nextStep,
      ack: cookingSession,
      handler: async ({ caller, payload }) =>
        cooking.nextStep(caller, payload.sessionId, payload.fromStep),
    }),

    socketEvent({
      name: 'cooking:message',
      summary: 'Write to everybody in the session',
      auth,
      rateLimit,
      payload: newMessage,
      ack: cookingMessage,
      handler: async ({ caller, payload }) =>
        cooking.addMessage(caller, payload.sessionId, payload.text),
    }),
  ];
}

/** Whoever still takes part may go on in a session's room after a moment away. */
export const cookingRooms = (cooking: CookingService): RoomRule => ({
  prefix: roomPrefix,
  admits: async (caller, room) => {
    const session = await cooking.find(caller, room.slice(roomPrefix.length));
    return session.status === 'active';
  },
});

/** Tells each session's room what the service has published. Returns the disposer. */
export function relayCookingChanges(events: EventBus, realtime: Realtime): () => void {
  const { 'participant-left': participantLeft, ended, ...others } = cookingChanges;
  const disposers = [
    events.subscribe('cooking.ended', ended, (change) => {
      const room = roomOf(change.sessionId);
      realtime.emit(room, 'cooking:ended', change);
      realtime.emptyRoom(room);
    }),
    events.subscribe('cooking.participant-left', participantLeft, (left) => {
      const room = roomOf(left.sessionId);
      realtime.emit(room, 'cooking:participant-left', left);
      // On all of their devices.
      realtime.removeFromRoom(left.userId, room);
    }),
    ...Object.entries(others).map(([name, schema]) =>
      events.subscribe(`cooking.${name}`, schema, (change) => {
        realtime.emit(roomOf(change.sessionId), `cooking:${name}`, change);
      }),
    ),
  ];
  return () => {
    for (const dispose of disposers) dispose();
  };
}

const roomPrefix = 'cooking:';
const roomOf = (sessionId: string): string => `${roomPrefix}${sessionId}`;
