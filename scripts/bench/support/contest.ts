import { spawnSync, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { load, type LoadTarget } from './load.ts';
import { median, row } from './statistics.ts';

/** A server that takes part: as a process of its own, with `reportingCpu` among its options. */
export interface Contestant extends LoadTarget {
  name: string;
  child: ChildProcess;
}

export interface Rules {
  rounds: number;
  /** How long each server is loaded in each round. */
  seconds: number;
  connections: number;
  warmUpSeconds: number;
  /** Is told each round. */
  progress?: (text: string) => void;
}

export interface Standing {
  name: string;
  /** Requests a second, round by round. */
  rates: readonly number[];
  /** CPU time of the server process for one request in µs, all its threads, round by round. */
  cpuUs: readonly number[];
  /** How busy the client was, 0 to 1. */
  clientBusy: number;
}

export const rules: Rules = { rounds: 5, seconds: 4, connections: 32, warmUpSeconds: 2 };
export const shortRules: Rules = { ...rules, seconds: 2 };

/** The options of Node.js for every server here: all get the same. */
export const reportingCpu = `--max-semi-space-size=32 --import=${pathToFileURL(join(import.meta.dirname, 'report-cpu.ts')).href}`;

/**
 * Loads the servers in turn, in one run, by the same client. Each server has the first core and the client the others, as a
 * server under PM2 has one core of many; where the system has no `taskset`, they share what there is. Rejects where any
 * request fails.
 */
export async function contest(
  contestants: readonly Contestant[],
  { rounds, seconds, connections, warmUpSeconds, progress }: Rules = rules,
): Promise<Standing[]> {
  const results = contestants.map(({ name }) => ({
    name,
    rates: [] as number[],
    cpuUs: [] as number[],
    clientBusy: 0,
  }));
  const others = availableParallelism() - 1;
  if (others > 0) {
    for (const { child } of contestants) keepOn('0', child.pid);
    keepOn(`1-${others}`, process.pid);
  }
  for (const contestant of contestants)
    await load(contestant, { connections, seconds: warmUpSeconds });
  for (let round = 0; round < rounds; round += 1) {
    progress?.(`round ${round + 1} of ${rounds}`);
    for (const [index, contestant] of contestants.entries()) {
      const before = await cpuTimeUs(contestant.child);
      const { requestsPerSecond, clientBusy } = await load(contestant, { connections, seconds });
      const spentUs = (await cpuTimeUs(contestant.child)) - before;
      const result = results[index];
      result?.rates.push(requestsPerSecond);
      result?.cpuUs.push(spentUs / (requestsPerSecond * seconds));
      if (result) result.clientBusy = Math.max(result.clientBusy, clientBusy);
    }
  }
  return results;
}

/** All threads of a process, on these cores from now on. */
function keepOn(cores: string, pid: number | undefined): void {
  spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', cores, String(pid)]);
}

/** How many times as fast the first is, round by round, so that a slow moment of the machine meets both. */
export function rateRatios(one: Standing, other: Standing): number[] {
  return one.rates.map((rate, round) => rate / (other.rates[round] ?? Number.NaN));
}

/** How many requests the first does in the CPU time that the other needs for one. */
export function cpuRatio(one: Standing, other: Standing): number {
  return median(other.cpuUs) / median(one.cpuUs);
}

/** Medians in µs, in the order of the standings: `41 : 33 : 320`. */
export const cpuTimes = (standings: readonly Standing[]): string =>
  standings.map(({ cpuUs }) => median(cpuUs).toFixed(0)).join(' : ');

export function printStandings(standings: readonly Standing[]): void {
  for (const { name, rates, cpuUs, clientBusy } of standings) {
    console.log(row(name, rates, 'requests/s'));
    console.log(row('', cpuUs, 'µs CPU a request', 1));
    if (clientBusy > 0.9)
      console.log(
        `  The client was busy ${(clientBusy * 100).toFixed(0)} % here: it holds the server back.`,
      );
  }
  const [first, ...others] = standings;
  for (const other of first ? others : []) {
    if (!first) continue;
    console.log(row(`ratio to ${other.name}`, rateRatios(first, other), '', 2));
    console.log(`  by CPU time a request ${cpuRatio(first, other).toFixed(2)}`);
  }
}

async function cpuTimeUs(child: ChildProcess): Promise<number> {
  const answer = new Promise<NodeJS.CpuUsage>((resolve) => {
    const listen = (message: unknown) => {
      if (typeof message !== 'object' || message === null || !('cpu' in message)) return;
      child.off('message', listen);
      resolve(message.cpu as NodeJS.CpuUsage);
    };
    child.on('message', listen);
  });
  child.send('cpu');
  const { user, system } = await answer;
  return user + system;
}
