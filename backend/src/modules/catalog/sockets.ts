import type { EventBus } from '../../kernel/events/index.ts';
import {
  type Realtime,
  type RoomRule,
  type SocketEvent,
  socketEvent,
} from '../../kernel/realtime/index.ts';
import { shape, uuid } from '../../kernel/schema/index.ts';
import { sync } from './sync-schema.ts';
import type { SyncService } from './sync-service.ts';

const auth = 'admin';
const rateLimit = 'signed-in';
const inSync = shape({ syncId: uuid() });

export function syncEvents(syncs: SyncService): SocketEvent[] {
  return [
    socketEvent({
      name: 'catalog:watch-sync',
      summary: 'Be told how far a synchronisation is (catalog:sync-progress)',
      auth,
      rateLimit,
      payload: inSync,
      ack: sync,
      // Into the room first and then the state, so that no change falls between the two.
      handler: async ({ payload, caller, join, leave }) => {
        const room = roomOf(payload.syncId);
        await join(room);
        try {
          return await syncs.find(caller, payload.syncId);
        } catch (error) {
          await leave(room);
          throw error;
        }
      },
    }),

    socketEvent({
      name: 'catalog:unwatch-sync',
      summary: 'Be told no more',
      auth,
      rateLimit,
      payload: inSync,
      handler: ({ payload, leave }) => leave(roomOf(payload.syncId)),
    }),
  ];
}

/** An admin who was away for a moment goes on watching. */
export const syncRooms = (syncs: SyncService): RoomRule => ({
  prefix: roomPrefix,
  admits: async (caller, room) => {
    if (caller.role !== 'admin') return false;
    await syncs.find(caller, room.slice(roomPrefix.length));
    return true;
  },
});

/** Tells each synchronisation's room what was published. Returns the disposer. */
export const relayProgress = (events: EventBus, realtime: Realtime): (() => void) =>
  events.subscribe('catalog.sync-progress', sync, (progress) => {
    realtime.emit(roomOf(progress.id), 'catalog:sync-progress', progress);
  });

const roomPrefix = 'catalog-sync:';
const roomOf = (syncId: string): string => `${roomPrefix}${syncId}`;
