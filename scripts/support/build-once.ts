import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { root } from '../../backend/local/stack/paths.ts';

const stampName = '.built-from';

export interface BuildPlan {
  /** The folder that the build is. */
  dist: string;
  /** Paths of all that it is made from, relative to the repository's root. */
  sources: readonly string[];
  /** Fills the folder it is given; throws where it cannot. */
  make(folder: string): void;
  onStart?: (() => void) | undefined;
}

/**
 * Builds, unless the sources are those of the last build. A build appears whole, by one rename, so that several commands may
 * build at once.
 */
export function buildOnce({ dist, sources, make, onStart }: BuildPlan): void {
  const fingerprint = fingerprintOf(sources);
  if (isBuiltFrom(dist, fingerprint)) return;
  onStart?.();
  const name = basename(dirname(dist));
  // As deep as the folder that it becomes, so that source maps stay right when it moves there.
  const partial = join(root, '.local', `build-${name}-${process.pid}`);
  try {
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(dirname(partial), { recursive: true });
    make(partial);
    writeFileSync(join(partial, stampName), fingerprint);
    replace(dist, partial, fingerprint);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

function isBuiltFrom(dist: string, fingerprint: string): boolean {
  const stamp = join(dist, stampName);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint;
}

/** A folder can only be renamed to where none is. */
function replace(dist: string, partial: string, fingerprint: string): void {
  const old = `${partial}.old`;
  while (!isBuiltFrom(dist, fingerprint)) {
    renameUnlessGone(dist, old);
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(partial, dist);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error; // else another build was faster
    }
  }
}

function renameUnlessGone(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function fingerprintOf(sources: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of [...sources].sort())
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}
