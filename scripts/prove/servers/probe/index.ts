import { defineModule, Joi, shape, socketEvent, text } from '../built.ts';
import { limitRoutes } from './limit-routes.ts';
import { probeJobHandlers, probeJobRoutes } from './jobs.ts';
import { probeRoutes } from './routes.ts';

const event = { auth: 'user', rateLimit: 'signed-in', ack: Joi.object().unknown() } as const;
const room = text(1, 100);

/** Doors whose work is known, so that a client can count what was lost, cut or done twice. */
export const probe = defineModule({
  name: 'probe',
  migrations: new URL('./', import.meta.url),
  create: ({ db, jobs, realtime }) => ({
    routes: [...probeRoutes(db), ...probeJobRoutes(db, jobs), ...limitRoutes],
    jobs: probeJobHandlers,
    // Who was in such a room goes on in it after a moment away, where there is Redis.
    socketRooms: [{ prefix: 'kept:', admits: () => Promise.resolve(true) }],
    socketEvents: [
      socketEvent({
        ...event,
        name: 'probe:join',
        summary: 'Enters a room',
        payload: shape({ room }),
        handler: async ({ payload, join }) => {
          await join(payload.room);
          return { room: payload.room };
        },
      }),
      socketEvent({
        ...event,
        name: 'probe:say',
        summary: 'Everybody in the room hears `probe:said`',
        payload: shape({ room, text: text(1, 10_000) }),
        handler: ({ payload }) => {
          realtime.emit(payload.room, 'probe:said', payload);
          return Promise.resolve({ pid: process.pid });
        },
      }),
    ],
  }),
});
