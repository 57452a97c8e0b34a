import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** Everything it wrote, both streams. */
  output(): string;
  /** The parsed log lines so far. */
  lines(): Record<string, unknown>[];
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

const root = join(import.meta.dirname, '..', '..', '..');

/** Runs a program until it ends; for programs that are expected to refuse. */
export async function runToEnd(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, script)],
    {
      env: { PATH: process.env.PATH ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const texts = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (texts.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (texts.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  return { code, ...texts };
}

/** Starts a server program and resolves when it says `ready`, as PM2 does. Its port is free, chosen by the system. */
export async function startServerProcess(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, script)],
    {
      env: { PATH: process.env.PATH ?? '', PORT: '0', HOST: '127.0.0.1', ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    },
  );
  let output = '';
  const collect = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout?.on('data', collect);
  child.stderr?.on('data', collect);
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string);
  const lines = () =>
    output
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  const first = await Promise.race([messageFrom(child, 'ready'), ended]);
  if (first !== 'ready')
    throw new Error(`The server ended with ${first} before it was ready:\n${output}`);
  // The message may overtake the log line that names the port.
  while (!lines().some(({ msg }) => msg === 'Server ready'))
    await once(child.stdout ?? child, 'data');
  const port = lines().find(({ msg }) => msg === 'Server ready')?.port as number;
  return { child, url: `http://127.0.0.1:${port}`, output: () => output, lines, ended };
}

/** Resolves with the message when the child has sent it. */
export function messageFrom(child: ChildProcess, expected: string): Promise<string> {
  return new Promise((resolve) => {
    const listen = (message: unknown) => {
      if (message !== expected) return;
      child.off('message', listen);
      resolve(expected);
    };
    child.on('message', listen);
  });
}
