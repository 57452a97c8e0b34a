import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { paths } from './paths.ts';

export interface StackUser {
  email: string;
  password: string;
}

/** What `.local/stack.json` says while the stack is up. */
export interface StackFile {
  apiUrl: string;
  supabaseUrl: string;
  anonKey: string;
  serviceRoleKey: string;
  databaseUrl: string;
  users: { demo: StackUser; admin: StackUser };
}

/** For the owner's eyes only, and whole from the first moment that it can be read. */
export function writeStackFile(stack: StackFile): void {
  writeFileSync(`${paths.stackFile}.new`, `${JSON.stringify(stack, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${paths.stackFile}.new`, paths.stackFile);
}

export function removeStackFile(): void {
  rmSync(paths.stackFile, { force: true });
}

/** Undefined when no stack is up. */
export function readStackFile(): StackFile | undefined {
  try {
    return JSON.parse(readFileSync(paths.stackFile, 'utf8')) as StackFile;
  } catch {
    return undefined;
  }
}
