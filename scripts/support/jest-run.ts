import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../../backend/local/stack/paths.ts';

/** As in the report of Jest. */
export interface JestFile {
  /** Its path. */
  name: string;
  /** What was wrong with it; empty where nothing was. */
  message: string;
  assertionResults: { status: string; fullName: string }[];
}

export interface JestRun {
  /** The exit code. */
  code: number;
  files: readonly JestFile[];
}

/** Runs Jest on that cluster; its progress goes to standard error. A runner without a report is a file that did not load. */
export async function runJest(
  given: readonly string[],
  workers: number,
  adminUrl: string,
): Promise<JestRun> {
  const scratch = mkdtempSync(join(tmpdir(), 'bulwark-test-'));
  const reportFile = join(scratch, 'report.json');
  const jest = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      `--maxWorkers=${workers}`,
      '--json',
      `--outputFile=${reportFile}`,
      ...given,
    ],
    // The JSON that Jest also prints is not for people.
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TEST_CLUSTER_ADMIN_URL: adminUrl },
    },
  );
  const pass = (signal: NodeJS.Signals) => jest.kill(signal);
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  try {
    const [code] = (await once(jest, 'exit')) as [number | null];
    const { testResults } = JSON.parse(readFileSync(reportFile, 'utf8')) as {
      testResults: JestFile[];
    };
    return { code: code ?? 1, files: testResults };
  } catch {
    const message = 'The test runner ended without a report.';
    console.error(message);
    return { code: 1, files: [{ name: root, message, assertionResults: [] }] };
  } finally {
    for (const signal of signals) process.off(signal, pass);
    rmSync(scratch, { recursive: true, force: true });
  }
}
