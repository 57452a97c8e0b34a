import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PostgresError } from './errors.ts';
import { commandOf, findProcesses, signal, startedAt } from './processes.ts';
import type { RunningProcess } from './processes.ts';

/** Postgres puts this name into the title of every process of the cluster: how we know our own, even orphaned ones. */
export function clusterName(dataDirectory: string): string {
  return `bulwark-${createHash('sha256').update(dataDirectory).digest('hex').slice(0, 16)}`;
}

/** What Postgres writes about itself into postmaster.pid. */
interface PostmasterFile {
  pid: number;
  /** Seconds since 1970. */
  startedAt: number;
  ready: boolean;
}

export function readPostmasterFile(dataDirectory: string): PostmasterFile | undefined {
  try {
    const lines = readFileSync(join(dataDirectory, 'postmaster.pid'), 'utf8').split('\n');
    return {
      pid: Number(lines[0]),
      startedAt: Number(lines[2]),
      ready: lines[7]?.trim() === 'ready',
    };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** The postmaster is known by its arguments, its children by the title they give themselves. */
function serverProcesses(dataDirectory: string): {
  postmasters: RunningProcess[];
  children: RunningProcess[];
} {
  const name = clusterName(dataDirectory);
  const found = findProcesses(name);
  return {
    postmasters: found.filter(({ command }) => command.includes(`postgres -D ${dataDirectory} `)),
    children: found.filter(({ command }) => command.startsWith(`postgres: ${name}: `)),
  };
}

/** Polls, since a process that is not our child announces nothing. */
export async function until(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) return false;
    await delay(20);
  }
  return true;
}

/** Children end by themselves when their postmaster dies; one that is busy may need help. */
export async function endChildren(dataDirectory: string): Promise<void> {
  const gone = () => serverProcesses(dataDirectory).children.length === 0;
  if (await until(gone, 500)) return;
  for (const { pid } of serverProcesses(dataDirectory).children) signal(pid, 'SIGKILL');
  if (!(await until(gone, 2_000))) {
    throw new PostgresError(`Processes of the Postgres in ${dataDirectory} do not end.`);
  }
}

/**
 * Ends what a killed supervisor left behind, so that the data can be started afresh; resolves to whether there was
 * something. Call it as the owner only: it would end a living owner's server too.
 */
export async function endOrphans(dataDirectory: string): Promise<boolean> {
  const { postmasters, children } = serverProcesses(dataDirectory);
  const gone = () => serverProcesses(dataDirectory).postmasters.length === 0;
  for (const [name, deadlineMs] of [
    ['SIGINT', 5_000], // fast shutdown: clients are cut, data are written
    ['SIGQUIT', 2_000], // immediate: recovery at the next start
    ['SIGKILL', 2_000],
  ] as const) {
    for (const { pid } of serverProcesses(dataDirectory).postmasters) signal(pid, name);
    if (await until(gone, deadlineMs)) break;
  }
  await endChildren(dataDirectory);
  const stale = await clearPidFile(dataDirectory);
  return postmasters.length + children.length > 0 || stale;
}

/**
 * Postgres itself overwrites the pid file of a dead postmaster, but refuses to start while that pid is alive, be it as a
 * zombie or as another program's after a reboot. Resolves to whether there was a pid file.
 */
async function clearPidFile(dataDirectory: string): Promise<boolean> {
  const file = readPostmasterFile(dataDirectory);
  if (!file) return false;
  const processStart = startedAt(file.pid);
  if (processStart === undefined) return true;
  const sameLife = processStart < file.startedAt + 10;
  if (sameLife && /^\S*(postgres|postmaster):?(\s|$)/.test(commandOf(file.pid))) {
    throw new PostgresError(
      `Process ${file.pid} is a Postgres in ${dataDirectory} that this stack did not start: end it first.`,
    );
  }
  await rm(join(dataDirectory, 'postmaster.pid'), { force: true });
  return true;
}
