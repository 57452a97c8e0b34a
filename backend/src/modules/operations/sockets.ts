import { type RoomRule, type SocketEvent, socketEvent } from '../../kernel/realtime/index.ts';
import { listOf, oneOf, shape } from '../../kernel/schema/index.ts';
import { type Live, room } from './live.ts';
import { topics } from './topics.ts';

export const watchEvents = (live: Live): SocketEvent[] => [
  socketEvent({
    name: 'operations:watch',
    summary: 'Be told by operations:changed what is worth asking for again',
    auth: 'admin',
    rateLimit: 'signed-in',
    payload: shape({}),
    ack: shape({ topics: listOf(oneOf(...topics)) }),
    handler: async ({ join }) => {
      await join(room);
      live.watched();
      return { topics: [...topics] };
    },
  }),
  socketEvent({
    name: 'operations:unwatch',
    summary: 'Be told no more',
    auth: 'user',
    rateLimit: 'signed-in',
    payload: shape({}),
    handler: ({ leave }) => leave(room),
  }),
];

/** Whoever is no admin any more is told nothing further, from their next token on. */
export const watchRooms: RoomRule = {
  prefix: room,
  admits: ({ role }) => Promise.resolve(role === 'admin'),
};
