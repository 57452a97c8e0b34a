import { type RoomRule, type SocketEvent, socketEvent } from '../../kernel/realtime/index.ts';
import { listOf, shape } from '../../kernel/schema/index.ts';
import { type Live, room } from './live.ts';
import { words } from './schema.ts';

export const watchEvents = (live: Live): SocketEvent[] => [
  socketEvent({
    name: 'operations:watch',
    summary: 'Be told by operations:changed what is worth asking for again',
    auth: 'admin',
    rateLimit: 'signed-in',
    payload: shape({}),
    ack: shape({ topics: listOf(words()) }),
    handler: async ({ join }) => {
      await join(room);
      live.watched();
      return { topics: live.topics() };
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
