import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';

export interface Helper {
  child: ChildProcess;
  /** Rejects with what it wrote to stderr when it ends without printing a line. */
  firstLine: Promise<string>;
  /** Every line it prints, when it has ended. */
  output: Promise<string[]>;
}

/** Starts a program of this folder in a process group of its own. */
export function startHelper(name: string, ...args: string[]): Helper {
  const child = spawn(
    process.execPath,
    [new URL(`./${name}.ts`, import.meta.url).pathname, ...args],
    { detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } },
  );
  const problems = text(child.stderr);
  const lines: string[] = [];
  const reader = createInterface(child.stdout).on('line', (line) => lines.push(line));
  const output = once(reader, 'close').then(() => lines);
  const firstLine = Promise.race([
    once(reader, 'line').then(([line]) => String(line)),
    output.then(async () => lines[0] ?? Promise.reject(new Error(await problems))),
  ]);
  return { child, firstLine, output };
}

/** Sends the signal and waits for the end. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

/** Runs one statement on a connection of its own. */
export async function query(
  connectionString: string,
  sql: string,
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}
