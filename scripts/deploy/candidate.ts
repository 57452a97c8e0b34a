import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../backend/local/postgres/throwaway.ts';
import { DeployRefused } from './layout.ts';

export interface CandidateOptions {
  release: string;
  env: NodeJS.ProcessEnv;
  readyWithinMs: number;
}

const lookEveryMs = 100;
const answerWithinMs = 5_000;
const endWithinMs = 20_000;

/**
 * Starts the release on a port of its own, without jobs, waits until it is ready and asks it the questions that any
 * server must answer. Throws DeployRefused where it crashes, hangs, is never ready or answers wrongly. It is ended again.
 */
export async function proveCandidate({
  release,
  env,
  readyWithinMs,
}: CandidateOptions): Promise<void> {
  const port = await freePort();
  const candidate = spawn(process.execPath, ['backend/dist/index.js'], {
    cwd: release,
    env: {
      ...env,
      HOST: '127.0.0.1',
      PORT: String(port),
      JOBS_WORKER: 'none',
      METRICS_PORT: undefined,
      SHUTDOWN_DRAIN_MS: '0',
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  let end: string | undefined;
  const ended = once(candidate, 'exit').then(([code, signal]) => {
    end = String(code ?? signal);
  });
  try {
    const giveUpAt = performance.now() + readyWithinMs;
    while ((await statusOf(port, '/readyz').catch(() => 0)) !== 200) {
      if (end !== undefined)
        throw new DeployRefused(`The candidate ended with ${end} instead of being ready.`);
      if (performance.now() > giveUpAt)
        throw new DeployRefused(`The candidate was not ready within ${readyWithinMs / 1000} s.`);
      await wait(lookEveryMs);
    }
    await smoke(port);
  } finally {
    candidate.kill('SIGTERM');
    const timer = setTimeout(() => candidate.kill('SIGKILL'), endWithinMs);
    await ended;
    clearTimeout(timer);
  }
}

async function smoke(port: number): Promise<void> {
  const expected: readonly [path: string, status: number, headers?: Record<string, string>][] = [
    ['/livez', 200],
    ['/api/v1/me', 401],
    ['/socket.io/?EIO=4&transport=websocket', 101, upgrade],
  ];
  for (const [path, status, headers] of expected) {
    const got = await statusOf(port, path, headers).catch((error: unknown) => String(error));
    if (got !== status)
      throw new DeployRefused(`The candidate answers ${path} with ${got} instead of ${status}.`);
  }
}

const upgrade = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
};

/** Of one request on a connection of its own; 101 where the server changes to WebSocket. */
export function statusOf(
  port: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request({
      host: '127.0.0.1',
      port,
      path,
      headers,
      agent: false,
      timeout: answerWithinMs,
    });
    asked.on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on('upgrade', (_response, socket) => {
      socket.destroy();
      resolve(101);
    });
    asked.on('timeout', () => {
      asked.destroy(new Error('no answer'));
    });
    asked.on('error', reject);
    asked.end();
  });
}
