import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { reportingCpu } from './contest.ts';

/** Starts one of `servers/`, which sends its port. Its log is read and dropped, as a log collector would read it. */
export async function startBenchServer(
  file: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(join(import.meta.dirname, '..', 'servers', file), {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NODE_OPTIONS: reportingCpu,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  child.stdout?.resume();
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, child };
}
