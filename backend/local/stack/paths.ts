import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');
const local = join(root, '.local');

/** Everything the local stack keeps, in the git-ignored `.local`. */
export const paths = {
  local,
  /** What runs, for people and tools; it is there only while the stack is up. */
  stackFile: join(local, 'stack.json'),
  /** Who runs, for the next start: recorded processes, whatever became of them. */
  runFile: join(local, 'run.json'),
  postgresData: join(local, 'postgres', 'data'),
  /** Passwords made on the first start. */
  credentials: join(local, 'credentials.json'),
} as const;
