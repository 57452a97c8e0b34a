import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { processIdentity, signal } from '../postgres/processes.ts';
import { paths } from './paths.ts';

/** One recorded process. `identity` tells this life of the pid from a later one. */
interface Recorded {
  name: string;
  pid: number;
  identity: string;
}

interface RunFile {
  supervisor: Recorded;
  children: Recorded[];
}

export class StackAlreadyRunning extends Error {
  override readonly name = 'StackAlreadyRunning';
  readonly pid: number;

  constructor(pid: number) {
    super(
      `The local stack of this checkout is already running (process ${pid}). End that one first.`,
    );
    this.pid = pid;
  }
}

const endDeadlineMs = 5_000;

/** The record of who runs, so that the next start can end what a killed supervisor left behind. */
export interface RunRecord {
  add(name: string, pid: number): void;
  remove(): void;
}

/** Rejects with StackAlreadyRunning when another supervisor lives; ends the orphans of a dead one. */
export async function claimRun(say: (line: string) => void): Promise<RunRecord> {
  const previous = read();
  if (previous) {
    if (lives(previous.supervisor)) throw new StackAlreadyRunning(previous.supervisor.pid);
    for (const child of previous.children.filter(lives)) {
      say(`Ending ${child.name} (process ${child.pid}), left over from a start that was killed.`);
      await end(child);
    }
    rmSync(paths.stackFile, { force: true });
  }
  const run: RunFile = { supervisor: record('supervisor', process.pid), children: [] };
  write(run);
  return {
    add(name, pid) {
      run.children.push(record(name, pid));
      write(run);
    },
    remove() {
      rmSync(paths.runFile, { force: true });
    },
  };
}

/** The living supervisor's pid, if there is one. */
export function runningSupervisor(): number | undefined {
  const run = read();
  return run && lives(run.supervisor) ? run.supervisor.pid : undefined;
}

const record = (name: string, pid: number): Recorded => ({
  name,
  pid,
  identity: processIdentity(pid) ?? '',
});
const lives = ({ pid, identity }: Recorded): boolean => processIdentity(pid) === identity;

async function end(child: Recorded): Promise<void> {
  signal(child.pid, 'SIGTERM');
  const deadline = Date.now() + endDeadlineMs;
  while (lives(child) && Date.now() < deadline) await wait(50);
  if (lives(child)) signal(child.pid, 'SIGKILL');
  while (lives(child)) await wait(20);
}

function read(): RunFile | undefined {
  try {
    return JSON.parse(readFileSync(paths.runFile, 'utf8')) as RunFile;
  } catch {
    return undefined; // none, or one whose writing was cut off before anything was started
  }
}

function write(run: RunFile): void {
  mkdirSync(dirname(paths.runFile), { recursive: true });
  writeFileSync(`${paths.runFile}.new`, JSON.stringify(run), { mode: 0o600 });
  renameSync(`${paths.runFile}.new`, paths.runFile);
}
