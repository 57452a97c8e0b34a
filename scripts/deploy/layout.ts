import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';

/** Why a deploy does not go on, for people. What runs keeps running. */
export class DeployRefused extends Error {
  override readonly name = 'DeployRefused';
}

/**
 * What a server has in its deploy folder: `releases/<id>` (each whole, with its packages), `current` and `previous` (links
 * to two of them), and `deploy.lock` while somebody is at work.
 */
export function openLayout(folder: string) {
  const releases = join(folder, 'releases');
  const current = join(folder, 'current');
  const previous = join(folder, 'previous');
  mkdirSync(releases, { recursive: true });

  const targetOf = (link: string): string | undefined =>
    existsSync(link) ? basename(readlinkSync(link)) : undefined;

  /** By one rename, so that the link always leads somewhere. */
  function point(link: string, id: string): void {
    const fresh = `${link}.${process.pid}`;
    rmSync(fresh, { force: true });
    symlinkSync(join('releases', id), fresh, 'dir');
    renameSync(fresh, link);
  }

  return {
    folder,
    /** The path that PM2 knows, whichever release it leads to. */
    current,
    pathOf: (id: string) => join(releases, id),
    currentId: () => targetOf(current),
    previousId: () => targetOf(previous),
    /** `UTC time`, so that the order of the names is that of time. */
    newId: (now = new Date()) =>
      now
        .toISOString()
        .replace(/[-:]/g, '')
        .replace(/\.(\d+)Z$/, '$1'),
    makeCurrent: (id: string) => {
      point(current, id);
    },
    rememberPrevious: (id: string) => {
      point(previous, id);
    },
    forget: (id: string) => {
      rmSync(join(releases, id), { recursive: true, force: true });
    },
    /** Removes all but the newest `keep` and those that the links lead to. */
    prune(keep: number): string[] {
      const linked = [targetOf(current), targetOf(previous)];
      const old = readdirSync(releases)
        .sort()
        .slice(0, -keep)
        .filter((id) => !linked.includes(id));
      for (const id of old) rmSync(join(releases, id), { recursive: true, force: true });
      return old;
    },
  };
}

export type Layout = ReturnType<typeof openLayout>;

/** Only one deploy or rollback at a time; one that was killed does not count. Throws DeployRefused. */
export function lock(folder: string): () => void {
  const file = join(folder, 'deploy.lock');
  for (const last of [false, true]) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => {
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const owner = Number(readFileSync(file, 'utf8'));
      if (last || isAlive(owner))
        throw new DeployRefused(`Process ${owner} is deploying already (${file}).`);
      rmSync(file, { force: true });
    }
  }
  throw new DeployRefused('The lock could not be taken.');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
