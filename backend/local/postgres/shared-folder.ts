import { createHash } from 'node:crypto';
import { chmod, lstat, mkdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PostgresError } from './errors.ts';
import { canEnter } from './os-user.ts';
import type { OsUser } from './os-user.ts';

/**
 * Where root keeps what the server's user cannot reach in a private checkout. Only root can write in /var/lib,
 * so no other user can plant binaries there; unlike /var/tmp, nothing sweeps it.
 */
export const defaultSharedFolder = '/var/lib/bulwark-local';

/** Makes the folder where needed, and refuses one that anybody but us can write in. */
export async function ensureSharedFolder(folder: string): Promise<string> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
    await chmod(folder, 0o755);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  await assertOurs(folder);
  return folder;
}

/** Refuses a folder that is a link, belongs to another user, or is writable by one. */
export async function assertOurs(folder: string): Promise<void> {
  const stats = await lstat(folder);
  const ours =
    stats.isDirectory() && stats.uid === process.getuid?.() && (stats.mode & 0o022) === 0;
  if (!ours) {
    throw new PostgresError(
      `${folder} can be changed by another OS user, so it is not trusted: remove it.`,
    );
  }
}

export interface DataPlace {
  /** The real folder of the data, no link in its path. */
  directory: string;
  /** The path that was asked for, where it is a link to `directory` because the server's user cannot reach it. */
  link: string | undefined;
}

/** Decides where the data asked for at `requested` lie; makes the parent folder, not the data directory. */
export async function placeData(
  requested: string,
  user: OsUser | undefined,
  sharedFolder: string,
): Promise<DataPlace> {
  await mkdir(dirname(requested), { recursive: true });
  const path = join(await realpath(dirname(requested)), basename(requested));
  const linked = await readlink(path).then(
    () => realpath(path).catch(() => undefined),
    () => undefined,
  );
  if (linked !== undefined) return { directory: linked, link: path };
  if (!user || canEnter(dirname(path), user)) return { directory: path, link: undefined };
  const key = createHash('sha256').update(path).digest('hex').slice(0, 16);
  const folder = await ensureSharedFolder(
    join(await ensureSharedFolder(sharedFolder), `data-${key}`),
  );
  return { directory: join(await realpath(folder), 'postgres'), link: path };
}
