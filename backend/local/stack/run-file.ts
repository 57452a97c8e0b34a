import { mkdirSync, rmSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { AlreadyRunningError } from '../postgres/errors.ts';
import { claimOwnership, livingOwner } from '../postgres/owner.ts';
import { processIdentity, signal } from '../postgres/processes.ts';
import type { LocalPaths } from './paths.ts';
import { readJson, writePrivateJson } from './private-file.ts';

/** One recorded process. `identity` tells this life of the pid from a later one. */
interface Recorded {
  name: string;
  pid: number;
  identity: string;
}

export class StackAlreadyRunning extends Error {
  override readonly name = 'StackAlreadyRunning';
  readonly pid: number;

  constructor(pid: number) {
    super(`The local stack of this checkout is already running (process ${pid}): end it first.`);
    this.pid = pid;
  }
}

const endDeadlineMs = 5_000;

/** The right to run the stack of one home, and the record of its processes for a start after a kill. */
export interface RunRecord {
  add(name: string, pid: number): void;
  release(): Promise<void>;
}

/** Rejects with StackAlreadyRunning when another supervisor lives; ends what a killed one left behind. */
export async function claimRun(paths: LocalPaths, say: (line: string) => void): Promise<RunRecord> {
  mkdirSync(paths.home, { recursive: true });
  const ownership = await claimOwnership(paths.claim).catch((error: unknown) => {
    throw error instanceof AlreadyRunningError ? new StackAlreadyRunning(error.pid) : error;
  });
  const release = async () => {
    rmSync(paths.runFile, { force: true });
    await ownership.release();
  };
  rmSync(paths.stackFile, { force: true });
  for (const child of recordedChildren(paths).filter(lives)) {
    say(`Ending ${child.name} (process ${child.pid}), left over from a start that was killed.`);
    await end(child);
  }
  const children: Recorded[] = [];
  return {
    add(name, pid) {
      children.push({ name, pid, identity: processIdentity(pid) ?? '' });
      writePrivateJson(paths.runFile, { children });
    },
    release,
  };
}

/** The living supervisor's pid, if there is one. */
export async function runningSupervisor(paths: LocalPaths): Promise<number | undefined> {
  try {
    return await livingOwner(paths.claim);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined; // never started here
    throw error;
  }
}

/** Rejects with StackAlreadyRunning: an early word, before work that claiming would find to be in vain. */
export async function assertNotRunning(paths: LocalPaths): Promise<void> {
  const pid = await runningSupervisor(paths);
  if (pid !== undefined) throw new StackAlreadyRunning(pid);
}

function recordedChildren(paths: LocalPaths): Recorded[] {
  try {
    const record = readJson(paths.runFile) as { children: Recorded[] } | undefined;
    return record?.children ?? [];
  } catch {
    return []; // damaged by a power cut, which no process outlived
  }
}

const lives = ({ pid, identity }: Recorded): boolean => processIdentity(pid) === identity;

async function end(child: Recorded): Promise<void> {
  signal(child.pid, 'SIGTERM');
  const deadline = Date.now() + endDeadlineMs;
  while (lives(child) && Date.now() < deadline) await wait(50);
  if (lives(child)) signal(child.pid, 'SIGKILL');
  while (lives(child)) await wait(20);
}
