import { rmSync } from 'node:fs';
import type { LocalPaths } from './paths.ts';
import { readJson, writePrivateJson } from './private-file.ts';
import { runningSupervisor } from './run-file.ts';

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
  /** The provider sandbox; its control API is below `/_sandbox`. */
  sandboxUrl: string;
  databaseUrl: string;
  users: { demo: StackUser; admin: StackUser };
}

export function writeStackFile(paths: LocalPaths, stack: StackFile): void {
  writePrivateJson(paths.stackFile, stack);
}

export function removeStackFile(paths: LocalPaths): void {
  rmSync(paths.stackFile, { force: true });
}

/** Throws, in words for people, when no stack is up; a killed one leaves its file behind and is not up either. */
export async function readStackFile(paths: LocalPaths): Promise<StackFile> {
  const stack = readJson(paths.stackFile) as StackFile | undefined;
  if (stack === undefined || (await runningSupervisor(paths)) === undefined) {
    throw new Error('The local stack is not running: start it with npm start.');
  }
  return stack;
}
