import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { bootstrapDatabase } from './bootstrap.ts';
import { removeCluster, startCluster } from './cluster.ts';
import type { Cluster, ClusterOptions } from './cluster.ts';
import { AlreadyRunningError, PortTakenError } from './errors.ts';
import { canEnter } from './os-user.ts';
import { livingOwner } from './owner.ts';
import { cloneDatabase, createTemplate } from './templates.ts';
import type { ClonedDatabase, DatabaseUrls } from './templates.ts';

export interface ThrowawayOptions {
  /** Default: whatever `findBinaries()` finds. */
  binaries?: Binaries;
  maxConnections?: number;
  /** Whether each commit is flushed to disk, as in a database that matters. Default false. */
  durable?: boolean;
}

export interface ThrowawayCluster {
  /** All that another process needs for `createTemplate` and `cloneDatabase`. */
  readonly adminUrl: string;
  /** Role `postgres` on the database `postgres`, bootstrapped. */
  readonly databaseUrl: string;
  createTemplate(name: string, prepare: (urls: DatabaseUrls) => Promise<void>): Promise<void>;
  cloneDatabase(template: string): Promise<ClonedDatabase>;
  /** Ends the server, open connections or not, and removes its files. */
  stop(): Promise<void>;
}

const prefix = 'bulwark-throwaway-';

/**
 * A Postgres for tests, with Supabase's roles: fresh data in a temporary folder, a free port, and nothing flushed to
 * disk unless that is asked for.
 * Also removes what killed test runs left behind.
 */
export async function startThrowawayCluster(
  options: ThrowawayOptions = {},
): Promise<ThrowawayCluster> {
  const binaries = options.binaries ?? (await findBinaries());
  const parent = temporaryFolder(binaries);
  await removeAbandoned(parent, binaries);
  const folder = await mkdtemp(join(parent, prefix));
  if (binaries.user) await chmod(folder, 0o755);
  const password = randomBytes(16).toString('hex');
  let cluster: Cluster | undefined;
  const stop = async () => {
    await cluster?.stop('immediate');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    cluster = await startOnFreePort({
      binaries,
      dataDirectory: join(folder, 'data'),
      password,
      durable: options.durable ?? false,
      maxConnections: options.maxConnections ?? 200,
    });
    const { adminUrl, databaseUrl } = cluster;
    await bootstrapDatabase(adminUrl, { postgresPassword: password });
    return {
      adminUrl,
      databaseUrl,
      createTemplate: (name, prepare) => createTemplate(adminUrl, name, prepare),
      cloneDatabase: (template) => cloneDatabase(adminUrl, template),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Another program may take a free port before Postgres does. */
async function startOnFreePort(options: Omit<ClusterOptions, 'port'>): Promise<Cluster> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startCluster({ ...options, port: await freePort() });
    } catch (error) {
      if (!(error instanceof PortTakenError) || attempt === 5) throw error;
    }
  }
}

/** The usual temporary folder, unless it is root's own and closed to the server's user. */
function temporaryFolder({ user }: Binaries): string {
  return canEnter(tmpdir(), user) ? tmpdir() : '/tmp';
}

/** Young folders are left alone: their owner may be about to claim them. */
async function removeAbandoned(parent: string, binaries: Binaries): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    const folder = join(parent, name);
    try {
      const { mtimeMs, uid } = await stat(folder);
      if (uid !== process.getuid?.() || Date.now() - mtimeMs < 60_000) continue;
      const dataDirectory = join(folder, 'data');
      if ((await livingOwner(dataDirectory)) !== undefined) continue;
      await removeCluster(dataDirectory, binaries);
      await rm(folder, { recursive: true, force: true });
    } catch (error) {
      const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!gone && !(error instanceof AlreadyRunningError)) throw error;
    }
  }
}

/** A port that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no TCP address');
  return address.port;
}
