import { bootstrapDatabase } from '../postgres/bootstrap.ts';
import { findBinaries, type BinariesSource } from '../postgres/binaries.ts';
import { endOrphanedCluster, startCluster, type Cluster } from '../postgres/cluster.ts';
import { PortTakenError } from '../postgres/errors.ts';
import { paths } from './paths.ts';
import { choosePort } from './ports.ts';

/** The database of the local stack: our own cluster, or one that was given. */
export interface LocalDatabase {
  /** The server's login role. */
  databaseUrl: string;
  /** The auth issuer's login role. */
  authUrl: string;
  /** Which Postgres it is, for people. */
  description: string;
  /** Resolves when it ended without being asked to; never for a given one. */
  ended: Promise<unknown>;
  stop(): Promise<void>;
}

export interface LocalDatabaseOptions {
  /** A Postgres that somebody else runs; it is made to look like Supabase's and left running. */
  givenUrl: string | undefined;
  source: BinariesSource | undefined;
  preferredPort: number;
  password: string;
  say: (line: string) => void;
}

export async function openLocalDatabase(options: LocalDatabaseOptions): Promise<LocalDatabase> {
  const { givenUrl } = options;
  if (givenUrl !== undefined) {
    await bootstrapDatabase(givenUrl);
    return {
      databaseUrl: givenUrl,
      authUrl: givenUrl,
      description: 'the Postgres of DATABASE_URL',
      ended: new Promise(() => undefined),
      stop: () => Promise.resolve(),
    };
  }
  const binaries = await findBinaries({ source: options.source });
  if (await endOrphanedCluster(paths.postgresData, binaries)) {
    options.say('Ended the Postgres that a killed start had left running.');
  }
  const cluster = await startOnFreePort(options, (port) =>
    startCluster({
      binaries,
      dataDirectory: paths.postgresData,
      port,
      password: options.password,
      durable: true,
      onProgress: (step) => {
        options.say(`${step}...`);
      },
    }),
  );
  await bootstrapDatabase(cluster.adminUrl, { postgresPassword: options.password });
  return {
    databaseUrl: cluster.databaseUrl,
    authUrl: cluster.authUrl,
    description: `Postgres ${binaries.version} (${binaries.source})`,
    ended: cluster.exited,
    stop: () => cluster.stop('fast'),
  };
}

/** Between our look at a port and Postgres' own, another program may take it. */
async function startOnFreePort(
  { preferredPort, say }: LocalDatabaseOptions,
  start: (port: number) => Promise<Cluster>,
): Promise<Cluster> {
  const taken = new Set<number>();
  for (;;) {
    const port = await choosePort('Postgres', preferredPort, taken, say);
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof PortTakenError)) throw error;
      taken.add(port);
    }
  }
}
