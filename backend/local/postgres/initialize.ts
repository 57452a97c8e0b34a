import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Binaries } from './binaries.ts';
import { DataVersionError, PostgresError } from './errors.ts';
import { runAs, serverEnvironment } from './os-user.ts';
import { until } from './postmaster.ts';
import { findProcesses, signal } from './processes.ts';

/** The superuser, by the name it has on Supabase. */
export const superuser = 'supabase_admin';

export interface InitializeOptions {
  /** The superuser's. */
  password: string;
  /** Whether the files are flushed to disk, too. */
  durable: boolean;
  /** Called before the work begins, where there is work. */
  onStart: () => void;
}

/**
 * Creates the data directory where there is none; resolves to whether it did. It is made beside and renamed, so a
 * killed attempt leaves nothing that looks like data. Rejects with DataVersionError when it is of another major version.
 */
export async function initializeData(
  dataDirectory: string,
  binaries: Binaries,
  options: InitializeOptions,
): Promise<boolean> {
  const workspace = scratchFolder(dataDirectory);
  await endInitdb(workspace);
  await rm(workspace, { recursive: true, force: true, maxRetries: 10 });
  if (await hasData(dataDirectory, binaries)) return false;

  options.onStart();
  const { user } = binaries;
  const passwordFile = join(workspace, 'password');
  const fresh = join(workspace, 'data');
  await mkdir(workspace, { mode: 0o700 });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  if (user) {
    await chown(passwordFile, user.uid, user.gid);
    await chown(workspace, user.uid, user.gid);
  }
  await run(join(binaries.directory, 'initdb'), workspace, binaries, [
    `--pgdata=${fresh}`,
    `--username=${superuser}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    ...localeArguments(binaries.major),
    ...(options.durable ? [] : ['--no-sync']),
  ]);
  await rename(fresh, dataDirectory);
  await rm(workspace, { recursive: true, force: true });
  return true;
}

/** Where the data are made; whatever lies there belongs to a killed attempt. */
export function scratchFolder(dataDirectory: string): string {
  return `${dataDirectory}.initializing`;
}

/** An initdb outlives its killed supervisor; the servers it runs end with it. */
async function endInitdb(workspace: string): Promise<void> {
  const running = () => findProcesses(`--pgdata=${workspace}/`);
  for (const { pid } of running()) signal(pid, 'SIGKILL');
  await until(() => running().length === 0, 2_000);
}

/** Case and character classes of all of Unicode, in every locale of the machine: as on Supabase. */
function localeArguments(major: number): string[] {
  if (major >= 17) return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  if (process.platform === 'darwin') return ['--lc-collate=C', '--lc-ctype=UTF-8'];
  return ['--locale=C.UTF-8'];
}

async function hasData(dataDirectory: string, { major, user }: Binaries): Promise<boolean> {
  const stats = await stat(dataDirectory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  });
  if (!stats) return false;
  const expected = user?.uid ?? process.getuid?.();
  if (expected !== undefined && stats.uid !== expected) {
    throw new PostgresError(
      `${dataDirectory} belongs to the OS user ${stats.uid}, but Postgres would run as ${expected}: ` +
        'start as the user who started it first, or remove it as root.',
    );
  }
  const version = await readFile(join(dataDirectory, 'PG_VERSION'), 'utf8').catch(() => {
    throw new PostgresError(`${dataDirectory} exists and holds no Postgres data: remove it.`);
  });
  if (Number(version) !== major) throw new DataVersionError(dataDirectory, Number(version), major);
  return true;
}

async function run(program: string, cwd: string, binaries: Binaries, args: string[]) {
  const child = spawn(program, args, {
    ...runAs(binaries.user),
    cwd,
    env: serverEnvironment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [problem, [status]] = await Promise.all([
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  if (status !== 0) throw new PostgresError(`initdb failed: ${problem.trim()}`);
}
