import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries, type BinariesSource } from '../backend/local/postgres/binaries.ts';
import { createTemplate } from '../backend/local/postgres/templates.ts';
import { startThrowawayCluster } from '../backend/local/postgres/throwaway.ts';
import { root } from '../backend/local/stack/paths.ts';
import { testTemplate } from '../backend/test/support/template.ts';

/**
 * Runs the tests on a Postgres of their own, thrown away afterwards. Arguments go to Jest: `npm test -- recipes`.
 * Ends with one plain line: `N passed, N failed`.
 */
interface JestReport {
  numPassedTests: number;
  numFailedTests: number;
  numPendingTests: number;
  numFailedTestSuites: number;
  testResults: {
    name: string;
    message: string;
    assertionResults: { status: string; fullName: string }[];
  }[];
}

const scratch = mkdtempSync(join(tmpdir(), 'bulwark-test-'));
const reportFile = join(scratch, 'report.json');

console.log('Starting a throw-away Postgres...');
const source = process.env.BULWARK_POSTGRES as BinariesSource | undefined;
const cluster = await startThrowawayCluster({ binaries: await findBinaries({ source }) });
try {
  await createTemplate(cluster.adminUrl, testTemplate.name, testTemplate.prepare);
  const jest = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      '--experimental-vm-modules',
      join(root, 'node_modules', 'jest', 'bin', 'jest.js'),
      '--maxWorkers=2',
      '--json',
      `--outputFile=${reportFile}`,
      ...process.argv.slice(2).filter((argument) => argument !== '--static'),
    ],
    // The JSON that Jest also prints is not for people; its progress goes to standard error.
    {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, TEST_CLUSTER_ADMIN_URL: cluster.adminUrl },
    },
  );
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => jest.kill(signal));
  const [code] = (await once(jest, 'exit')) as [number | null];
  process.exitCode = report(code ?? 1);
} finally {
  await cluster.stop();
  rmSync(scratch, { recursive: true, force: true });
}

/** Prints the summary; returns the exit code. */
function report(jestCode: number): number {
  let result: JestReport;
  try {
    result = JSON.parse(readFileSync(reportFile, 'utf8')) as JestReport;
  } catch {
    console.error('The test runner ended without a report.');
    console.log('0 passed, 1 failed');
    return 1;
  }
  // With a name filter, what is not run was not asked for.
  const filtered = process.argv.some((argument) => /^(-t|--testNamePattern)/.test(argument));
  const notRun = result.testResults.flatMap((file) =>
    file.assertionResults
      .filter(({ status }) => status === 'pending')
      .map(({ fullName }) => fullName),
  );
  if (notRun.length > 0 && !filtered)
    console.log(`Not run here:\n${notRun.map((name) => `  ${name}`).join('\n')}`);
  // A file that failed to load has no tests of its own to count.
  const brokenFiles = result.testResults.filter(
    (file) => file.assertionResults.length === 0 && file.message !== '',
  ).length;
  const failed = result.numFailedTests + brokenFiles;
  console.log(
    `${result.numPassedTests} passed, ${failed === 0 && jestCode !== 0 ? 1 : failed} failed`,
  );
  return jestCode === 0 && failed === 0 ? 0 : 1;
}
