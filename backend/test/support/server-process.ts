import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export interface LaunchedProcess {
  readonly child: ChildProcess;
  /** Everything it wrote, both streams. */
  output(): string;
  /** The parsed log lines so far. */
  lines(): Record<string, unknown>[];
  /** Resolves with the first log line of this message, once it is there. */
  logged(message: string): Promise<Record<string, unknown>>;
  /** Resolves with the exit code, or the signal's name. */
  readonly ended: Promise<number | string>;
}

export interface ServerProcess extends LaunchedProcess {
  readonly url: string;
}

const root = join(import.meta.dirname, '..', '..', '..');

/** Runs a program until it ends; for programs that are expected to refuse. */
export async function runToEnd(
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, script), ...args],
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

/** Starts a server program and waits for nothing. Its port is free, chosen by the system, unless `env` names one. */
export function launchServer(
  script: string,
  env: Readonly<Record<string, string>>,
  args: readonly string[] = [],
): LaunchedProcess {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', join(root, script), ...args],
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
      .slice(0, -1)
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return {
    child,
    ended,
    output: () => output,
    lines,
    async logged(message) {
      for (;;) {
        const line = lines().find(({ msg }) => msg === message);
        if (line) return line;
        const end = await Promise.race([once(child.stdout ?? child, 'data'), ended]);
        if (!Array.isArray(end) && !lines().some(({ msg }) => msg === message))
          throw new Error(`The server ended with ${end} and never said "${message}":\n${output}`);
      }
    },
  };
}

/** The same, and resolves when it says `ready`, as PM2 waits for it. */
export async function startServerProcess(
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  const launched = launchServer(script, env);
  const first = await Promise.race([messageFrom(launched.child, 'ready'), launched.ended]);
  if (first !== 'ready')
    throw new Error(`The server ended with ${first} before it was ready:\n${launched.output()}`);
  // The message may overtake the log line that names the port, and above `info` there is no such line.
  const port = env.PORT ?? String((await launched.logged('Server ready')).port);
  return { ...launched, url: `http://127.0.0.1:${port}` };
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
