import { spawnSync } from 'node:child_process';

/** The OS user Postgres runs as. */
export interface OsUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

function numericId(option: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [option, name], { encoding: 'utf8' });
  // macOS prints nobody's id as an unsigned number; the system calls take it as a signed one.
  return status === 0 ? Number(stdout.trim()) | 0 : undefined;
}

/**
 * Postgres refuses to run as root: then it runs as `postgres` or, without such a user, as `nobody`.
 * Undefined when this process is not root: Postgres runs as ourselves.
 */
export function findServerUser(): OsUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const uid = numericId('-u', name);
    const gid = numericId('-g', name);
    if (uid !== undefined && gid !== undefined) return { name, uid, gid };
  }
  throw new Error('Postgres cannot run as root, and there is neither a user postgres nor nobody.');
}

/** The spawn options that make a child run as `user`. */
export function runAs(user: OsUser | undefined): { uid?: number; gid?: number } {
  return user ? { uid: user.uid, gid: user.gid } : {};
}

/** A child's whole environment: no PG* variable and no language of the developer's shell gets in. */
export const serverEnvironment = { LC_ALL: 'C', PATH: '/usr/bin:/bin' };

/** Whether `user` really can enter the folder, tried by a process of that user. */
export function canEnter(directory: string, user: OsUser | undefined): boolean {
  const attempt = spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], {
    ...runAs(user),
    cwd: '/',
    env: serverEnvironment,
    stdio: 'ignore',
  });
  return attempt.status === 0;
}
