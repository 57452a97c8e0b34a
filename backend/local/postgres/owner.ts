import { readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AlreadyRunningError } from './errors.ts';
import { processIdentity } from './processes.ts';

/** The right to start, stop and delete the Postgres of one data directory. */
export interface Ownership {
  release(): Promise<void>;
}

const attempts = 4;

/**
 * Makes this process the owner. Each claimant writes a file of its own beside the data, named after its pid and the
 * start of its life, and only then looks for others: of two at once at least one sees the other and withdraws. A file
 * whose process is dead can never become valid again, so anybody may delete it: nothing is stolen, nothing gets stuck.
 * Rejects with AlreadyRunningError naming the living owner.
 */
export async function claimOwnership(dataDirectory: string): Promise<Ownership> {
  const own = `${ownerPrefix(dataDirectory)}${process.pid}.${processIdentity(process.pid) ?? ''}`;
  const release = () => rm(own, { force: true });

  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(own, '', { flag: 'wx', mode: 0o600 });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      throw new AlreadyRunningError(dataDirectory, process.pid);
    }
    const rival = await livingOwner(dataDirectory, own);
    if (rival === undefined) return { release };
    await release();
    if (attempt === attempts) throw new AlreadyRunningError(dataDirectory, rival);
    await delay(20 + Math.random() * 80); // two that withdrew at once come back one after the other
  }
}

/** The pid of a living process that owns the data directory, or undefined. Clears away the claims of dead ones. */
export async function livingOwner(
  dataDirectory: string,
  exceptClaim?: string,
): Promise<number | undefined> {
  const prefix = ownerPrefix(dataDirectory);
  for (const name of await readdir(dirname(dataDirectory))) {
    const claim = join(dirname(dataDirectory), name);
    if (!claim.startsWith(prefix) || claim === exceptClaim) continue;
    const [pid, identity] = claim.slice(prefix.length).split('.');
    if (processIdentity(Number(pid)) === identity) return Number(pid);
    await rm(claim, { force: true });
  }
  return undefined;
}

function ownerPrefix(dataDirectory: string): string {
  return `${dataDirectory}.owner.`;
}
