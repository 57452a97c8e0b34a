import { setTimeout as sleep } from 'node:timers/promises';
import { Pool, type PoolClient } from 'pg';
import type { KernelConfig } from '../config/index.ts';
import { AppError, toAppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import { Connection } from './connection.ts';
import { openingStatements, readOpening, type Identity, type Limits } from './opening.ts';
import { PreparedStatements } from './prepared-statements.ts';
import { attemptRead } from './read.ts';
import { Stop } from './stop.ts';
import { attempt, extended, type Outcome } from './transaction.ts';
import type {
  Database,
  QueryResult,
  ReadOptions,
  RowIdentity,
  TransactionOptions,
  Work,
} from './types.ts';

const maxAttempts = 3;
/** The client's own limit lies this far above the server's statement timeout. */
const answerMarginMs = 1_000;
const keepAliveAfterMs = 10_000;
const idleConnectionMs = 30_000;
const closeDeadlineMs = 5_000;
/** How long a cut connection may take to be gone. */
const cutOffMs = 500;

/**
 * A pool of connections, opened as they are needed. TLS follows the URL: `sslmode=verify-full` (with `sslrootcert=<file>` for
 * a private authority, such as Supabase's) checks the server, `require` means the same to this driver, `no-verify` encrypts
 * without checking, and without `sslmode` the connection is plain.
 */
export function createDatabase(
  config: Omit<KernelConfig['database'], 'listenUrl'>,
  { logger, applicationName }: { logger: Logger; applicationName: string },
): Database {
  const pool = new Pool({
    connectionString: config.url.reveal(),
    application_name: applicationName,
    max: config.poolMax,
    connectionTimeoutMillis: config.acquireTimeoutMs,
    idleTimeoutMillis: idleConnectionMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveAfterMs,
  });
  const connected = new Set<PoolClient>();
  const running = new Set<Stop>();
  const prepared = new PreparedStatements(config.prepareReads, () => {
    logger.warn('A transaction pooler stands before the database: reads are not prepared any more');
  });
  let closing: Promise<void> | undefined;

  pool.on('error', (error) => {
    logger.warn({ reason: error.message }, 'An idle database connection was lost');
  });
  pool.on('connect', (client) => {
    connected.add(client);
    // Without a listener of its own, a client that fails between two owners would end the process.
    client.on('error', () => undefined);
  });
  pool.on('remove', (client) => {
    connected.delete(client);
  });

  async function acquire(stop: Stop, answerWithinMs: number): Promise<Connection> {
    if (stop.stopped) await stop.promise;
    const client = (async () => pool.connect())();
    try {
      return new Connection(await Promise.race([client, stop.promise]), answerWithinMs);
    } catch (error) {
      if (!stop.stopped) throw new AppError('DATABASE_UNAVAILABLE', { cause: error });
      // Whoever gave up must not keep the connection that arrives later.
      client.then(
        (late) => {
          late.release();
        },
        () => undefined,
      );
      throw error;
    }
  }

  /** Runs attempts, each on a connection of its own, until one succeeds or none may follow. */
  async function attempted<T>(
    { signal, statementTimeoutMs = config.statementTimeoutMs }: TransactionOptions,
    attemptOn: (connection: Connection, stop: Stop) => Promise<Outcome<T>>,
  ): Promise<T> {
    const stop = new Stop(signal);
    running.add(stop);
    try {
      for (let attempts = 1; ; attempts += 1) {
        const connection = await acquire(stop, statementTimeoutMs + answerMarginMs);
        const outcome = await attemptOn(connection, stop);
        if (outcome.kind === 'committed') {
          for (const work of outcome.then) afterCommit(work);
          return outcome.value;
        }
        if (outcome.again === 'no') throw outcome.error;
        if (outcome.again === 'later') {
          if (attempts === maxAttempts) throw new AppError('CONFLICT', { cause: outcome.error });
          await Promise.race([sleep(backoffMs(attempts)), stop.promise]);
        } else if (attempts === maxAttempts) {
          throw outcome.error;
        }
      }
    } finally {
      running.delete(stop);
      stop.dispose();
    }
  }

  function afterCommit(work: () => void): void {
    try {
      work();
    } catch (error) {
      logger.error({ err: error }, 'What was to follow a commit has failed');
    }
  }

  function limitsOf({
    statementTimeoutMs = config.statementTimeoutMs,
  }: TransactionOptions): Limits {
    return {
      statementTimeoutMs,
      lockTimeoutMs: config.lockTimeoutMs,
      // A transaction that waits for something other than the database holds a connection and its locks meanwhile.
      idleTimeoutMs: Math.max(statementTimeoutMs, config.statementTimeoutMs),
    };
  }

  async function run<T>(
    identity: Identity,
    work: Work<T>,
    options: TransactionOptions = {},
  ): Promise<T> {
    const opening = openingStatements(identity, limitsOf(options), options);
    return attempted(options, (connection, stop) => attempt(connection, opening, work, stop));
  }

  async function statement<R>(
    sql: string,
    values: readonly unknown[],
    timeoutMs: number,
  ): Promise<QueryResult<R>> {
    const stop = new Stop(undefined);
    running.add(stop);
    let look: NodeJS.Immediate | undefined;
    const timer = setTimeout(() => {
      // Where this process itself stood still the answer may be there, unread: one more look at the network decides.
      look = setImmediate(() => {
        stop.now(new Error(`no answer within ${timeoutMs} ms`));
      });
    }, timeoutMs);
    try {
      const connection = await acquire(stop, timeoutMs);
      try {
        const answer = connection.send(extended(sql, values));
        const { rows, rowCount } = await Promise.race([answer, stop.promise]);
        return { rows: rows as R[], rowCount: rowCount ?? 0 };
      } finally {
        if (stop.stopped) connection.condemn(new AppError('DATABASE_TIMEOUT'));
        connection.giveBack();
      }
    } catch (error) {
      throw stop.stopped ? new AppError('DATABASE_TIMEOUT', { cause: error }) : toAppError(error);
    } finally {
      clearTimeout(timer);
      clearImmediate(look);
      running.delete(stop);
      stop.dispose();
    }
  }

  async function shutDown(deadlineMs: number): Promise<void> {
    const closed = Promise.all([pool.end(), allRemoved(pool, connected)]);
    if (await settlesWithin(closed, deadlineMs)) return;
    logger.warn({ connections: connected.size }, 'Cutting off database work that did not end');
    const reason = new AppError('SERVICE_UNAVAILABLE', { cause: new Error('database closed') });
    for (const stop of running) stop.now(reason);
    for (const client of connected) void client.end();
    await settlesWithin(closed, cutOffMs);
  }

  return {
    asCaller: (caller, work, options) => run(caller, work, options),
    asService: (work, options) => run({ kind: 'service' }, work, options),
    asLogin: (work, options) => run({ kind: 'login' }, work, options),
    async readAsCaller<R>(
      caller: RowIdentity,
      sql: string,
      values: readonly unknown[],
      options: ReadOptions = {},
    ) {
      const opening = readOpening(caller, limitsOf(options));
      return attempted(options, (connection, stop) =>
        attemptRead<R>(connection, opening, sql, values, stop, prepared),
      );
    },
    statement,
    ping: async (timeoutMs) => {
      const options = {
        signal: AbortSignal.timeout(timeoutMs),
        statementTimeoutMs: timeoutMs,
        readOnly: true,
      };
      try {
        await run({ kind: 'login' }, (tx) => tx.query('SELECT 1'), options);
      } catch (cause) {
        throw cause instanceof AppError ? cause : new AppError('DATABASE_UNAVAILABLE', { cause });
      }
    },
    state: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      max: config.poolMax,
    }),
    close: (deadlineMs = closeDeadlineMs) => (closing ??= shutDown(deadlineMs)),
  };
}

/** Full jitter, so that two who deadlocked do not meet again. */
function backoffMs(attempts: number): number {
  return 5 + Math.random() * 50 * 2 ** (attempts - 1);
}

async function allRemoved(pool: Pool, connected: ReadonlySet<PoolClient>): Promise<void> {
  if (connected.size === 0) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  pool.on('remove', () => {
    if (connected.size === 0) resolve(undefined);
  });
  await promise;
}

async function settlesWithin(done: Promise<unknown>, ms: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(ms, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([done.then(() => true), late]);
  timer.abort();
  return inTime;
}
