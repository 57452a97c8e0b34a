import { lstat, realpath, rm, rmdir, symlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Binaries } from './binaries.ts';
import { PostgresError } from './errors.ts';
import { initializeData, scratchFolder, superuser } from './initialize.ts';
import { claimOwnership } from './owner.ts';
import { endOrphans } from './postmaster.ts';
import { startServer } from './server.ts';
import type { ServerExit, StopMode } from './server.ts';
import { placeData } from './shared-folder.ts';
import type { DataPlace } from './shared-folder.ts';

export interface ClusterOptions {
  binaries: Binaries;
  /** Where the data lie; a link to where they lie, when Postgres' OS user cannot reach the place. */
  dataDirectory: string;
  port: number;
  /** A loopback address; default 127.0.0.1. */
  host?: string;
  /** The superuser's, and in the other URLs: set when the data are made, expected afterwards. */
  password: string;
  /** False for data that may be lost with the machine (tests): nothing is flushed to disk. */
  durable: boolean;
  /** Default 100. */
  maxConnections?: number;
  /** Default: `<dataDirectory>.log`. Appended to, begun afresh past 10 MB. */
  logFile?: string;
  /** How long recovery may take before the start fails, in milliseconds; default 60 000. */
  startDeadlineMs?: number;
  /** Told of each slow step, in words for people. */
  onProgress?: (step: string) => void;
}

export interface Cluster {
  /** Role `postgres`, the server's own; it exists after `bootstrapDatabase`. */
  readonly databaseUrl: string;
  /** Role `supabase_auth_admin`, for the auth issuer; it exists after `bootstrapDatabase`. */
  readonly authUrl: string;
  /** The superuser, `supabase_admin`. */
  readonly adminUrl: string;
  readonly port: number;
  /** The real folder of the data, not a link. */
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly pid: number;
  /** The data directory was made by this start. */
  readonly initialized: boolean;
  /** This start cleared up after a supervisor that had been killed. */
  readonly recovered: boolean;
  /** Resolves when the server has ended, whoever ended it. */
  readonly exited: Promise<ServerExit>;
  /**
   * Ends the server and gives up ownership. Modes as Postgres calls them: smart waits for clients, fast (default)
   * cuts them, immediate does not even write the data down. Past `deadlineMs` (default 10 000) it becomes immediate,
   * then SIGKILL. Calling it again joins the first call.
   */
  stop(mode?: StopMode, deadlineMs?: number): Promise<void>;
}

/**
 * Starts Postgres and resolves when it answers queries. Data are made where there are none; what a killed supervisor
 * left running is ended first and its data used. The server listens on loopback only, has no Unix socket, and lies in
 * a session of its own, so that Ctrl-C does not reach it.
 * Rejects with AlreadyRunningError (pid of the living owner), PortTakenError, DataVersionError or PostgresError.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { binaries, password, port, durable, host = '127.0.0.1' } = options;
  const place = await placeData(options.dataDirectory, binaries.user, binaries.sharedFolder);
  const { directory } = place;
  const ownership = await claimOwnership(directory);
  try {
    const recovered = await endOrphans(directory);
    if (recovered) options.onProgress?.('Recovering the database from an unclean end');
    await linkPlace(place);
    const initialized = await initializeData(directory, binaries, {
      password,
      durable,
      onStart: () => options.onProgress?.(`Creating the database (Postgres ${binaries.version})`),
    });
    const logFile = options.logFile ?? `${directory}.log`;
    const url = (role: string) =>
      `postgresql://${role}:${encodeURIComponent(password)}@${host}:${port}/postgres`;
    const adminUrl = url(superuser);
    const server = await startServer({
      binaries,
      dataDirectory: directory,
      host,
      port,
      durable,
      maxConnections: options.maxConnections ?? 100,
      logFile,
      adminUrl,
      deadlineMs: options.startDeadlineMs ?? 60_000,
    });
    let stopping: Promise<void> | undefined;
    return {
      databaseUrl: url('postgres'),
      authUrl: url('supabase_auth_admin'),
      adminUrl,
      port,
      dataDirectory: directory,
      logFile,
      pid: server.pid,
      initialized,
      recovered,
      exited: server.exited,
      stop: (mode = 'fast', deadlineMs = 10_000) =>
        (stopping ??= server.stop(mode, deadlineMs).finally(() => ownership.release())),
    };
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

/**
 * Ends what a killed supervisor left running on these data, so that its port is free again; resolves with whether there
 * was such a thing. Rejects with AlreadyRunningError when its owner lives.
 */
export async function endOrphanedCluster(
  dataDirectory: string,
  binaries: Binaries,
): Promise<boolean> {
  const place = await placeData(dataDirectory, binaries.user, binaries.sharedFolder);
  const ownership = await claimOwnership(place.directory);
  try {
    return await endOrphans(place.directory);
  } finally {
    await ownership.release();
  }
}

/**
 * Deletes a cluster's data, log and whatever a killed supervisor left running.
 * Rejects with AlreadyRunningError when its owner lives.
 */
export async function removeCluster(dataDirectory: string, binaries: Binaries): Promise<void> {
  const place = await placeData(dataDirectory, binaries.user, binaries.sharedFolder);
  const ownership = await claimOwnership(place.directory);
  try {
    await endOrphans(place.directory);
    await removeData(place.directory);
    await rm(`${place.directory}.log`, { force: true });
    if (place.link) await rm(place.link, { force: true });
  } finally {
    await ownership.release();
  }
  if (place.link) await rmdir(dirname(place.directory)).catch(() => undefined); // ours alone, or not empty
}

async function removeData(directory: string): Promise<void> {
  await rm(scratchFolder(directory), { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

/** Data outside the checkout live only as long as the link to them: without it they are an earlier checkout's. */
async function linkPlace({ directory, link }: DataPlace): Promise<void> {
  if (!link) return;
  const existing = await lstat(link).catch(() => undefined);
  if (existing && !existing.isSymbolicLink()) {
    throw new PostgresError(
      `${link} lies where the OS user of Postgres cannot reach it: remove it.`,
    );
  }
  if ((await realpath(link).catch(() => undefined)) === directory) return;
  await removeData(directory);
  await rm(link, { force: true });
  await symlink(directory, link);
}
