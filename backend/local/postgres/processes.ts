import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { serverEnvironment } from './os-user.ts';

/** Linux reads /proc, because slim images have no `ps`; elsewhere `ps` is part of the system. */
const hasProc = process.platform === 'linux';

export interface RunningProcess {
  pid: number;
  /** The command line, or the title the process gave itself. */
  command: string;
}

function ps(...args: string[]): string {
  // In UTC, so that a start time reads the same after the laptop has travelled.
  const env = { ...serverEnvironment, TZ: 'UTC' };
  return spawnSync('ps', args, { encoding: 'utf8', env }).stdout;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(`/proc/${path}`, 'utf8');
  } catch {
    return undefined; // it ended meanwhile
  }
}

const bootId = hasProc ? (readProc('sys/kernel/random/boot_id') ?? '').slice(0, 8) : '';

/**
 * What tells this life of a pid from a later one, fit for a file name. Undefined when no such process lives;
 * a zombie, which an init that reaps nothing leaves behind, does not.
 */
export function processIdentity(pid: number): string | undefined {
  if (!hasProc) {
    const [state, ...started] = ps('-p', `${pid}`, '-o', 'stat=', '-o', 'lstart=')
      .trim()
      .split(/\s+/);
    return state && !state.startsWith('Z') ? started.join('-').replaceAll(':', '-') : undefined;
  }
  const fields = statFields(pid);
  const [state] = fields;
  return state && state !== 'Z' && state !== 'X' ? `${bootId}-${fields[19] ?? ''}` : undefined;
}

/** When the process began, in seconds since 1970, right to a second or two. */
export function startedAt(pid: number): number | undefined {
  if (!hasProc) {
    const started = Date.parse(`${ps('-p', `${pid}`, '-o', 'lstart=').trim()} UTC`);
    return Number.isNaN(started) ? undefined : started / 1000;
  }
  const bootTime = /^btime (\d+)$/m.exec(readProc('stat') ?? '')?.[1];
  const ticks = statFields(pid)[19];
  return bootTime && ticks ? Number(bootTime) + Number(ticks) / 100 : undefined;
}

/** The fields of /proc/<pid>/stat after the command, which may itself hold spaces and brackets. */
function statFields(pid: number): string[] {
  const stat = readProc(`${pid}/stat`);
  return stat ? stat.slice(stat.lastIndexOf(')') + 2).split(' ') : [];
}

/** Every living process whose command line holds `text`. */
export function findProcesses(text: string): RunningProcess[] {
  const all = hasProc ? listProc() : listPs();
  return all.filter(
    ({ pid, command }) => command.includes(text) && processIdentity(pid) !== undefined,
  );
}

export function commandOf(pid: number): string {
  return hasProc
    ? (readProc(`${pid}/cmdline`) ?? '').replaceAll('\0', ' ').trim()
    : ps('-ww', '-p', `${pid}`, '-o', 'command=').trim();
}

function listProc(): RunningProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ pid: Number(name), command: commandOf(Number(name)) }));
}

function listPs(): RunningProcess[] {
  return ps('-axww', '-o', 'pid=', '-o', 'command=')
    .split('\n')
    .map((line) => /^\s*(\d+) (.*)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, pid, command]) => ({ pid: Number(pid), command: command ?? '' }));
}

/** Sends a signal; a process that ended meanwhile is no fault. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
