import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import type { Binaries } from './binaries.ts';
import { PortTakenError, PostgresError } from './errors.ts';
import { runAs, serverEnvironment } from './os-user.ts';
import { clusterName, endChildren, readPostmasterFile } from './postmaster.ts';

export type StopMode = 'smart' | 'fast' | 'immediate';

export interface ServerExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerOptions {
  binaries: Binaries;
  dataDirectory: string;
  host: string;
  port: number;
  durable: boolean;
  maxConnections: number;
  logFile: string;
  adminUrl: string;
  deadlineMs: number;
}

/** One running `postgres`. */
export interface Server {
  pid: number;
  exited: Promise<ServerExit>;
  stop(mode: StopMode, deadlineMs: number): Promise<void>;
}

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
const logLimitBytes = 10 * 1024 * 1024;

/** Starts `postgres` over existing data, resolves when it answers a query, and leaves no process when it rejects. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { binaries, dataDirectory, logFile } = options;
  const logged = await stat(logFile).then(
    ({ size }) => size,
    () => 0,
  );
  const logStart = logged > logLimitBytes ? 0 : logged;
  const log = await open(logFile, logStart === 0 ? 'w' : 'a', 0o600);
  const child = spawn(join(binaries.directory, 'postgres'), serverArguments(options), {
    ...runAs(binaries.user),
    cwd: dataDirectory,
    env: serverEnvironment,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  try {
    await once(child, 'spawn');
  } finally {
    await log.close();
  }
  const pid = child.pid ?? 0;
  const exit = once(child, 'exit') as Promise<[ServerExit['code'], ServerExit['signal']]>;
  const exited = exit.then(([code, signal]) => ({ code, signal }));
  const running = () => child.exitCode === null && child.signalCode === null;

  const endBy = async (signal: NodeJS.Signals, deadlineMs: number) => {
    if (running()) child.kill(signal);
    const timer = new AbortController();
    await Promise.race([
      exited,
      delay(deadlineMs, undefined, { signal: timer.signal }).catch(() => undefined),
    ]);
    timer.abort();
    return !running();
  };
  const stop = async (mode: StopMode, deadlineMs: number) => {
    if (await endBy(stopSignals[mode], deadlineMs)) return;
    if (await endBy('SIGQUIT', 2_000)) return;
    await endBy('SIGKILL', 2_000);
    await endChildren(dataDirectory);
  };

  try {
    await untilReady(options, { pid, running, logStart });
  } catch (error) {
    await stop('immediate', 2_000);
    throw error;
  }
  return { pid, exited, stop };
}

function serverArguments(options: ServerOptions): string[] {
  const settings = {
    port: options.port,
    listen_addresses: options.host,
    unix_socket_directories: '',
    cluster_name: clusterName(options.dataDirectory),
    max_connections: options.maxConnections,
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] %q%u@%d ',
    ...(options.durable
      ? {}
      : {
          fsync: 'off',
          synchronous_commit: 'off',
          full_page_writes: 'off',
          max_wal_senders: 0,
          wal_level: 'minimal',
        }),
  };
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return ['-D', options.dataDirectory, ...pairs];
}

/** Postgres notes in its pid file when it accepts connections; only then a query is tried. */
async function untilReady(
  options: ServerOptions,
  { pid, running, logStart }: { pid: number; running: () => boolean; logStart: number },
) {
  const end = Date.now() + options.deadlineMs;
  for (;;) {
    const file = readPostmasterFile(options.dataDirectory);
    if (file?.pid === pid && file.ready) break;
    if (!running()) throw await explainExit(options, logStart);
    if (Date.now() > end) {
      throw new PostgresError(`Postgres was not ready in time; see ${options.logFile}.`);
    }
    await delay(10);
  }
  const client = new Client({ connectionString: options.adminUrl, ssl: false });
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === '28P01')) throw error;
    throw new PostgresError(
      `The data in ${options.dataDirectory} were made with another password: run \`npm run local:reset\`.`,
    );
  } finally {
    await client.end();
  }
}

/** Reads from what Postgres logged in this start why it ended. */
async function explainExit(options: ServerOptions, logStart: number): Promise<PostgresError> {
  const log = (await readFile(options.logFile)).subarray(logStart).toString();
  if (log.includes('Address already in use')) return new PortTakenError(options.host, options.port);
  const reasons = log.split('\n').filter((line) => /FATAL|PANIC|HINT|error/.test(line));
  return new PostgresError(
    `Postgres did not start: ${reasons.join('; ') || `see ${options.logFile}`}`,
  );
}
