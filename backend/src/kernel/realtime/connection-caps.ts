import type { KernelConfig } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Connection } from './connection.ts';

/** How many connections there are, in all, from each address and of each user. Never more than the settings say. */
export interface ConnectionCaps {
  /** The fault with one more connection from here; undefined where there is none. */
  refusal(addressKey: string): AppError | undefined;
  /** Counts a connection until it closes. */
  opened(connection: Connection, addressKey: string): void;
  /** Counts a connection as the user's until it closes. Throws RATE_LIMITED where they have too many. */
  claim(connection: Connection, userKey: string): void;
  readonly size: number;
}

const retryAfterSeconds = 30;

export function createConnectionCaps(config: KernelConfig['realtime']): ConnectionCaps {
  const open = new Set<Connection>();
  const byAddress = new Tally();
  const byUser = new Tally();
  const claims = new WeakMap<Connection, string>();

  return {
    refusal(addressKey) {
      if (open.size >= config.maxConnections)
        return new AppError('SERVICE_UNAVAILABLE', { retryAfterSeconds });
      return byAddress.count(addressKey) >= config.maxPerAddress
        ? new AppError('RATE_LIMITED', { retryAfterSeconds })
        : undefined;
    },
    opened(connection, addressKey) {
      open.add(connection);
      byAddress.add(addressKey);
      connection.once('close', () => {
        open.delete(connection);
        byAddress.remove(addressKey);
      });
    },
    claim(connection, userKey) {
      // A connection may be admitted again after its first socket has ended.
      if (claims.get(connection) === userKey) return;
      if (byUser.count(userKey) >= config.maxPerUser)
        throw new AppError('RATE_LIMITED', { message: 'Too many connections.', retryAfterSeconds });
      if (connection.readyState !== 'open') return;
      claims.set(connection, userKey);
      byUser.add(userKey);
      connection.once('close', () => {
        byUser.remove(userKey);
      });
    },
    get size() {
      return open.size;
    },
  };
}

/** Counts by key; keys with nothing are forgotten. */
class Tally {
  readonly #counts = new Map<string, number>();

  count(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string): void {
    this.#counts.set(key, this.count(key) + 1);
  }

  remove(key: string): void {
    const left = this.count(key) - 1;
    if (left > 0) this.#counts.set(key, left);
    else this.#counts.delete(key);
  }
}
