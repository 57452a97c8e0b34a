import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchServer } from '../../backend/test/support/server-process.ts';
import { build } from '../build.ts';
import { fixtures, prove } from './testing/prove.ts';

jest.setTimeout(60_000); // each of several processes
beforeAll(() => {
  build(); // not in the time of whichever test comes first
});

const claims = ['--claims', fixtures];

test('lists the claims by phase, and measures none', async () => {
  const { code, stdout, rows } = await prove([...claims, '--list']);
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.slice(0, 16).trim())).toEqual([
    '1  holds',
    '3  lacks-a-tool',
    '4  crashes',
    '4  fails',
    '4  throws',
    '6  hogs',
    '6  never-ends',
    '',
  ]);
  expect(rows).toBeUndefined();
});

test('a claim that holds is written down with its figure, and the run ends with 0', async () => {
  const { code, stdout, rows } = await prove([...claims, '--only', 'holds']);
  expect(code).toBe(0);
  expect(rows).toEqual([
    {
      id: 'holds',
      phase: 1,
      claim: 'A database is there.',
      figure: '1 | row',
      bound: '1 row',
      verdict: 'holds',
    },
  ]);
  expect(stdout).toContain('[1/1] holds: asking');
  expect(stdout).toMatch(/1 hold, 0 fail, 0 not run[^\n]*\n1 passed, 0 failed\n$/);
});

test('claims that fail, throw or crash fail one by one, and the run ends with 1', async () => {
  const { code, stdout, rows } = await prove([...claims, '--phase', '1,4']);
  expect(code).toBe(1);
  expect(rows?.map(({ id, verdict, figure }) => [id, verdict, figure])).toEqual([
    ['holds', 'holds', '1 | row'],
    ['crashes', 'fails', 'its process ended with 1'],
    ['fails', 'fails', '1 of 2 checks passed'],
    ['throws', 'fails', 'could not be measured: nothing to measure with'],
  ]);
  expect(stdout).toContain('another thing: it is not so');
  expect(stdout).toContain('Error: thrown where nobody catches it');
  expect(stdout).toMatch(/\n2 passed, 3 failed\n$/);
});

test('without a program that it needs a claim is not run, and that is no failure', async () => {
  const { code, stdout, rows } = await prove([...claims, '--only', 'lacks-a-tool'], { PATH: '' });
  expect(code).toBe(0);
  expect(rows).toMatchObject([{ verdict: 'not run' }]);
  expect(rows?.[0]?.figure).toContain('needs promtool: apt-get install prometheus');
  expect(stdout).toMatch(/\n0 passed, 0 failed\n$/);
});

test('a claim that takes too long fails', async () => {
  const { code, rows } = await prove([...claims, '--only', 'never-ends', '--patience', '1']);
  expect(code).toBe(1);
  expect(rows).toMatchObject([{ verdict: 'fails', figure: 'not done within 1 s' }]);
});

test('when the time of the run is over, what is measured is ended, nothing more is begun, and it ends with 1', async () => {
  const runs = await Promise.all([
    // Long enough to begin, as a rule; either way it never ends by itself.
    prove([...claims, '--only', 'never-ends', '--minutes', '0.2', '--patience', '600']),
    prove([...claims, '--only', 'holds,lacks-a-tool', '--minutes', '0.0001'], { PATH: '' }),
  ]);
  const figure = (minutes: string) => `the ${minutes} min of the run were over`;
  expect(runs.map(({ code }) => code)).toEqual([1, 1]);
  expect(runs[0].rows).toMatchObject([{ verdict: 'not run', figure: figure('0.2') }]);
  expect(runs[1].rows).toMatchObject([
    { verdict: 'not run', figure: figure('0.0001') },
    { verdict: 'not run', figure: expect.stringContaining('needs promtool') as unknown },
  ]);
  expect(runs[1].stdout).toMatch(/0 hold, 0 fail, 2 not run, in \d+\.\d min;/);
});

describe('interrupted', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'bulwark-prove-'));
  });
  afterEach(() => {
    rmSync(home, { recursive: true, force: true });
  });
  const start = (id: string) => {
    const { TEST_CLUSTER_ADMIN_URL = '' } = process.env;
    const env = { TEST_CLUSTER_ADMIN_URL, BULWARK_HOME: home };
    return launchServer('scripts/prove/run.ts', env, [...claims, '--only', id]);
  };

  test('once, it ends what the claim has started, and then itself', async () => {
    const run = start('never-ends');
    const pid = Number((await said(run, /never-ends: process (\d+)/))[1]);
    expect(isRunning(pid)).toBe(true);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    await gone(pid);
    expect(readdirSync(home)).toEqual([]);
  });

  test('twice, it does not wait for a claim that hears nothing', async () => {
    const run = start('hogs');
    const pid = Number((await said(run, /hogs: process (\d+)/))[1]);
    run.child.kill('SIGINT');
    await said(run, /once more/);
    expect(isRunning(pid)).toBe(true);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    await gone(pid);
  });
});

test('what is no command is refused with what there is', async () => {
  const wrong: [args: string[], message: string][] = [
    [['--only', 'no-such-claim'], 'No claim no-such-claim. There are: holds, lacks-a-tool'],
    [['--phase', '12'], 'No phase 12. There are: 1, 2'],
    [['--phase', '2'], 'no such claim'],
    [['--patience', 'long'], 'no number of seconds'],
    [['--minutes', '0'], 'no number of minutes'],
    [['--frobnicate'], "Unknown option '--frobnicate'"],
  ];
  const runs = await Promise.all(wrong.map(([args]) => prove([...claims, ...args])));
  for (const [index, [, message]] of wrong.entries()) {
    expect(runs[index]).toMatchObject({ code: 2, rows: undefined });
    expect(runs[index]?.stderr).toContain(message);
  }
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Killed processes are listed until they are reaped. */
async function gone(pid: number): Promise<void> {
  while (isRunning(pid)) await new Promise(setImmediate);
}

async function said(
  run: ReturnType<typeof launchServer>,
  pattern: RegExp,
): Promise<RegExpExecArray> {
  for (;;) {
    const match = pattern.exec(run.output());
    if (match) return match;
    await Promise.race([
      once(run.child.stdout ?? run.child, 'data'),
      once(run.child.stderr ?? run.child, 'data'),
    ]);
  }
}
