import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import type { Surroundings } from '../claim.ts';
import { startLoad, type Outcome } from './http-load.ts';

/** Several processes of one server: the same settings, the same database. A storm is here to meet limits, not load shedding. */
export const startServers = (
  { startServer }: Pick<Surroundings, 'startServer'>,
  count: number,
  settings: Readonly<Record<string, string>>,
): Promise<ServerProcess[]> => {
  const environment = { OVERLOAD_EVENT_LOOP_DELAY_MS: '60000', ...settings };
  return Promise.all(
    Array.from({ length: count }, () => startServer({ script: 'probe.ts', environment })),
  );
};

/** Requests a second; more than any machine answers. */
const rate = 20_000;

export interface Caller {
  name: string;
  headers: Readonly<Record<string, string>>;
}

interface Pair {
  caller: Caller;
  path: string;
}

/** One after the other: each signs up and in by supabase-js. */
export async function signUpCallers(
  { stack }: Pick<Surroundings, 'stack'>,
  count: number,
): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (let number = 1; number <= count; number += 1) {
    const { accessToken } = await stack.signUp();
    callers.push({ name: `user ${number}`, headers: { authorization: `Bearer ${accessToken}` } });
  }
  return callers;
}

/**
 * Each caller asks for each path `times`, in turn of all servers, everything as fast as the connections carry it. The
 * outcomes are those of each pair, in the order of callers and, within, of paths.
 */
export async function storm(
  servers: readonly ServerProcess[],
  asked: { callers: readonly Caller[]; paths: readonly string[]; times: number },
  { signal }: Pick<Surroundings, 'signal'>,
): Promise<(Pair & { outcomes: readonly Outcome[] })[]> {
  const { callers, paths, times } = asked;
  const pairs: Pair[] = callers.flatMap((caller) => paths.map((path) => ({ caller, path })));
  const outcomes = await startLoad({
    rate,
    seconds: (pairs.length * times) / rate,
    connections: 64,
    request: (index) => {
      const pair = pairs[index % pairs.length];
      const server = servers[Math.floor(index / pairs.length) % servers.length];
      if (!pair || !server) throw new Error('There is nobody to ask, or to be asked');
      return { url: server.url + pair.path, headers: pair.caller.headers };
    },
    signal,
  }).finished;
  return pairs.map((pair, place) => ({
    ...pair,
    outcomes: outcomes.filter(({ index }) => index % pairs.length === place),
  }));
}

/** How often `result` came. */
export const countOf = (outcomes: readonly Outcome[], result: string): number =>
  outcomes.filter((outcome) => outcome.result === result).length;
