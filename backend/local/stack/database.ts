import { bootstrapDatabase } from '../postgres/bootstrap.ts';
import { findBinaries } from '../postgres/binaries.ts';
import { endOrphanedCluster, startCluster } from '../postgres/cluster.ts';
import { signal } from '../postgres/processes.ts';
import { startOnFreePort } from './ports.ts';
import type { StackSettings } from './settings.ts';

/** The database of the local stack: our own cluster, or one that was given. */
export interface LocalDatabase {
  /** The server's login role. */
  databaseUrl: string;
  /** The auth issuer's login role. */
  authUrl: string;
  /** Which Postgres it is, for people. */
  description: string;
  /** Resolves with how it ended; never for a given one. */
  ended: Promise<string>;
  stop(): Promise<void>;
  /** Ends it at once; the next start recovers the data. */
  kill(): void;
}

export async function openLocalDatabase(
  settings: StackSettings,
  password: string,
  say: (line: string) => void,
): Promise<LocalDatabase> {
  if (settings.databaseUrl !== undefined) return openGivenDatabase(settings.databaseUrl);
  const { postgresData } = settings.paths;
  const binaries = await findBinaries({ source: settings.postgresSource });
  if (await endOrphanedCluster(postgresData, binaries)) {
    say('Ended the Postgres that a killed start had left running.');
  }
  const choice = { name: 'Postgres', preferred: settings.ports.postgres, say };
  const cluster = await startOnFreePort(choice, (port) =>
    startCluster({
      binaries,
      dataDirectory: postgresData,
      port,
      password,
      durable: true,
      onProgress: (step) => {
        say(`${step}...`);
      },
    }),
  );
  const stop = () => cluster.stop('fast');
  try {
    await bootstrapDatabase(cluster.adminUrl, { postgresPassword: password });
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    databaseUrl: cluster.databaseUrl,
    authUrl: cluster.authUrl,
    description: `Postgres ${binaries.version} (${binaries.source})`,
    ended: cluster.exited.then((exit) => exit.signal ?? `exit code ${exit.code ?? 'unknown'}`),
    stop,
    kill: () => {
      signal(cluster.pid, 'SIGQUIT');
    },
  };
}

/** Made to look like Supabase's, and left running. */
async function openGivenDatabase(url: string): Promise<LocalDatabase> {
  try {
    await bootstrapDatabase(url);
  } catch (error) {
    throw new Error(`The Postgres of DATABASE_URL cannot be used: ${reasonOf(error)}`);
  }
  return {
    databaseUrl: url,
    authUrl: url,
    description: 'the Postgres of DATABASE_URL',
    ended: new Promise(() => undefined),
    stop: () => Promise.resolve(),
    kill: () => undefined,
  };
}

/** A refused connection to a name with several addresses has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}
