import type { Server } from 'socket.io';
import type { Metrics } from '../metrics/index.ts';
import type { Logger } from '../logging/index.ts';

/** Reaches the sockets of every process of the server. Where the way to the others is gone, those of this process hear all. */
export interface FanOut {
  emit(room: string, event: string, payload: unknown): void;
  /** Whoever is in `members` leaves `room`. */
  leave(members: string, room: string): void;
  /** Connects. Resolves when the others are reached, or when the signal fires: a server need not wait for its neighbours. */
  start(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** One process alone. */
export function localFanOut(io: Server): FanOut {
  return {
    emit(room, event, payload) {
      io.local.to(room).emit(event, payload);
    },
    leave(members, room) {
      io.local.in(members).socketsLeave(room);
    },
    start: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** Says when the way to the other processes is lost and when it is back, once each, and counts what did not get through. */
export interface FanOutHealth {
  changed(up: boolean): void;
  fault(error: unknown): void;
}

export function fanOutHealth(
  { metrics, logger }: { metrics: Metrics; logger: Logger },
  healed: () => void,
): FanOutHealth {
  let up: boolean | undefined;
  metrics.gauge(
    'bulwark_socket_fan_out_up',
    'Whether sockets of other processes are reached.',
    () => (up === true ? 1 : 0),
  );
  const faults = metrics.counter(
    'bulwark_socket_fan_out_faults_total',
    'Messages between processes that were not sent or not read.',
  );

  function down(error?: unknown): void {
    if (up === false) return;
    up = false;
    logger.error({ err: error }, 'Sockets of other processes are not reached');
  }

  return {
    changed(nowUp) {
      if (!nowUp) {
        down();
        return;
      }
      if (up === false) {
        logger.info('Sockets of other processes are reached again');
        healed();
      }
      up = true;
    },
    fault(error) {
      faults.add({});
      down(error);
    },
  };
}
