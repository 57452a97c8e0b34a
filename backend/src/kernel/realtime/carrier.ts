import type { Server } from 'socket.io';
import type { KernelConfig, Secret } from '../config/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Redis } from '../redis/index.ts';
import { fanOutHealth, localFanOut, type FanOut } from './fan-out.ts';
import { postgresFanOut } from './postgres-fan-out.ts';
import type { SessionStore } from './recovery.ts';
import { redisFanOut } from './redis-fan-out.ts';

export interface CarrierOptions {
  config: KernelConfig['realtime'];
  /** Carries what is said to other processes, where there is one; else Postgres does. */
  redis: Redis | undefined;
  /** Postgres where LISTEN works; undefined where only a transaction pooler is known. */
  listenUrl: Secret | undefined;
  metrics: Metrics;
  logger: Logger;
}

/** Told to every socket when processes could not hear each other for a while. */
const missedEvent = 'socket:missed';

export function createFanOut(
  io: Server,
  { config, redis, listenUrl, metrics, logger }: CarrierOptions,
): FanOut & Partial<SessionStore> {
  if (!config.fanOut) return localFanOut(io);
  const tell = () => {
    io.local.emit(missedEvent, {});
  };
  io.on('bulwark:missed', tell);
  const health = fanOutHealth({ metrics, logger }, () => {
    tell();
    // The others have missed what was said here.
    io.serverSideEmit('bulwark:missed');
  });
  if (redis !== undefined) return redisFanOut(io, redis, health);
  if (listenUrl !== undefined) return postgresFanOut(io, listenUrl, health);
  health.changed(false);
  logger.warn(
    'LISTEN does not work behind the transaction pooler of DATABASE_URL. Set DATABASE_LISTEN_URL',
  );
  return localFanOut(io);
}
