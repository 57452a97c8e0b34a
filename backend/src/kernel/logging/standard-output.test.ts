import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from '@jest/globals';

const fixture = join(
  import.meta.dirname,
  '..',
  '..',
  '..',
  'test',
  'fixtures',
  'talkative-process.ts',
);
const megabyte = 1024 ** 2;

async function start(stdout: 'pipe' | number): Promise<ChildProcess> {
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--expose-gc', fixture],
    {
      stdio: ['ignore', stdout, 'inherit', 'ipc'],
    },
  );
  await once(child, 'message');
  return child;
}

/** Resolves, when the lines are logged, with the bytes of memory that the process has. */
async function log(child: ChildProcess, lines: number): Promise<number> {
  child.send({ lines });
  const [{ memory }] = (await once(child, 'message')) as [{ memory: number }];
  return memory;
}

async function exitCode(child: ChildProcess): Promise<unknown> {
  const exited = once(child, 'exit');
  child.send('exit');
  return (await exited)[0];
}

test('all lines come out, in order, also those of the last moment', async () => {
  const child = await start('pipe');
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const ended = once(child, 'close');
  await log(child, 2_000);
  child.send('exit');
  expect((await ended)[0]).toBe(7);
  const lines = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { line?: number; msg?: string });
  expect(lines.slice(0, -1).map(({ line }) => line)).toEqual(
    Array.from({ length: 2_000 }, (_, index) => index + 1),
  );
  expect(lines.at(-1)?.msg).toBe('bye');
});

test('a reader that is gone does not end the process, nor keep it from exiting', async () => {
  const child = await start('pipe');
  child.stdout?.destroy();
  await log(child, 100);
  await log(child, 100);
  expect(await exitCode(child)).toBe(7);
});

test('a disk without space does not either', async () => {
  const full = openSync('/dev/full', 'w');
  const child = await start(full);
  closeSync(full);
  await log(child, 100);
  await log(child, 100);
  expect(await exitCode(child)).toBe(7);
});

test('a pipe that nobody reads costs bounded memory, and the process can exit', async () => {
  const child = await start('pipe');
  const before = await log(child, 1_000);
  let after = before;
  // Fifty megabytes of lines.
  for (let round = 0; round < 10; round += 1) after = await log(child, 5_000);
  expect(after - before).toBeLessThan(40 * megabyte);
  expect(await exitCode(child)).toBe(7);
});

test('a reader that comes back gets what was kept, and the number of what was lost', async () => {
  const child = await start('pipe');
  for (let round = 0; round < 4; round += 1) await log(child, 5_000);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const accountedFor = () =>
    output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { lost?: number })
      .reduce((sum, { lost = 1 }) => sum + lost, 0);
  while (!output.includes('Log lines were lost') || accountedFor() < 20_000) await wait(50);
  expect(accountedFor()).toBe(20_000);
  expect(await exitCode(child)).toBe(7);
});
