import { join, resolve } from 'node:path';

/** The checkout. */
export const root = join(import.meta.dirname, '..', '..', '..');

/** Where one local stack keeps what it has. */
export interface LocalPaths {
  home: string;
  /** What runs, for people and tools; it is there only while the stack is up. */
  stackFile: string;
  /** Which processes were started, for a start after a kill. */
  runFile: string;
  /** The supervisor's claim is a file whose name begins so. */
  claim: string;
  postgresData: string;
  /** Passwords made on the first start. */
  credentials: string;
}

/** `home` is what BULWARK_HOME says: another folder than the git-ignored `.local` makes another stack, fully apart. */
export function localPaths(home: string | undefined): LocalPaths {
  const folder = home === undefined || home === '' ? join(root, '.local') : resolve(home);
  return {
    home: folder,
    stackFile: join(folder, 'stack.json'),
    runFile: join(folder, 'run.json'),
    claim: join(folder, 'stack'),
    postgresData: join(folder, 'postgres', 'data'),
    credentials: join(folder, 'credentials.json'),
  };
}
