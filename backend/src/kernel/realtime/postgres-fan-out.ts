import { createAdapter } from '@socket.io/postgres-adapter';
import type { Server } from 'socket.io';
import { createNotifications } from '../db/index.ts';
import type { Secret } from '../config/index.ts';
import { localFanOut, type FanOut, type FanOutHealth } from './fan-out.ts';

const channelPrefix = 'bulwark.sockets';
/** NOTIFY takes less than 8000 bytes; the adapter's own default is one too many. */
const payloadThreshold = 7_999;

/**
 * Between processes by LISTEN and NOTIFY. Own sockets come first and at once, whatever the database does; the adapter's own
 * broadcast would make them wait for it. So what is said goes to the other processes as an event between servers.
 */
export function postgresFanOut(io: Server, url: Secret, health: FanOutHealth): FanOut {
  const local = localFanOut(io);
  const notifications = createNotifications(url, {
    applicationName: 'bulwark-sockets',
    onChange: health.changed,
    onFault: health.fault,
  });
  io.on('bulwark:emit', local.emit);
  io.on('bulwark:leave', local.leave);

  return {
    emit(room, event, payload) {
      local.emit(room, event, payload);
      io.serverSideEmit('bulwark:emit', room, event, payload);
    },
    leave(members, room) {
      local.leave(members, room);
      io.serverSideEmit('bulwark:leave', members, room);
    },
    async start(signal) {
      // The adapter uses the part of a pool that `Notifications` has.
      const pool = notifications as unknown as Parameters<typeof createAdapter>[0];
      io.adapter(
        createAdapter(pool, {
          channelPrefix,
          tableName: 'bulwark.socket_attachments',
          payloadThreshold,
          // Counted where they happen.
          errorHandler: () => undefined,
        }),
      );
      if (!(await notifications.untilListening(signal))) health.changed(false);
    },
    close: () => notifications.close(),
  };
}
