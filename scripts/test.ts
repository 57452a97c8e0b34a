import { findBinaries, type BinariesSource } from '../backend/local/postgres/binaries.ts';
import { createTemplate } from '../backend/local/postgres/templates.ts';
import { startThrowawayCluster } from '../backend/local/postgres/throwaway.ts';
import { testTemplate } from '../backend/test/support/template.ts';
import { runJest, type JestFile, type JestRun } from './support/jest-run.ts';

/**
 * Runs the tests on a Postgres of their own, thrown away afterwards. Arguments go to Jest: `npm test -- recipes`.
 * Ends with one plain line: `N passed, N failed`.
 */
const given = process.argv.slice(2).filter((argument) => argument !== '--static');
/** One more than two cores: tests wait for others most of the time. */
const workers = 3;
/** More than these is no bad moment of the machine but a fault. */
const mostFilesAgain = 3;

console.log('Starting a throw-away Postgres...');
const source = process.env.BULWARK_POSTGRES as BinariesSource | undefined;
const cluster = await startThrowawayCluster({ binaries: await findBinaries({ source }) });
try {
  await createTemplate(cluster.adminUrl, testTemplate.name, testTemplate.prepare);
  process.exitCode = report(await runAll(cluster.adminUrl));
} finally {
  await cluster.stop();
}

/**
 * The whole suite keeps the machine busy, and a test of time or of a race may fail for that alone. So when few files of a whole
 * run failed they are run once more by themselves, and what passes only then is named. A fault fails twice.
 */
async function runAll(adminUrl: string): Promise<JestRun> {
  const first = await runJest(given, workers, adminUrl);
  const failed = first.files.filter(hasFailed);
  if (given.length > 0 || failed.length === 0 || failed.length > mostFilesAgain) return first;
  console.log(`Run again by themselves:\n${list(failed.map(({ name }) => name))}`);
  const names = failed.map(({ name }) => name);
  const second = await runJest(['--runTestsByPath', ...names], 1, adminUrl);
  const again = new Map(second.files.map((file) => [file.name, file]));
  const unsteady = failed.filter(({ name }) => !hasFailed(again.get(name)));
  if (unsteady.length > 0)
    console.log(
      `UNSTEADY: failed in the whole run, passed by themselves:\n${list(unsteady.flatMap(failures))}`,
    );
  return {
    code: second.code,
    files: first.files.map((file) => again.get(file.name) ?? file),
  };
}

/** Prints the summary; returns the exit code. */
function report({ code, files }: JestRun): number {
  const tests = files.flatMap((file) => file.assertionResults);
  const count = (status: string) => tests.filter((one) => one.status === status).length;
  // With a name filter, what is not run was not asked for.
  const filtered = given.some((argument) => /^(-t|--testNamePattern)/.test(argument));
  const notRun = tests.filter(({ status }) => status === 'pending');
  if (notRun.length > 0 && !filtered)
    console.log(`Not run here:\n${list(notRun.map(({ fullName }) => fullName))}`);
  const failed = count('failed') + files.filter(isBroken).length;
  console.log(`${count('passed')} passed, ${failed === 0 && code !== 0 ? 1 : failed} failed`);
  return code === 0 && failed === 0 ? 0 : 1;
}

/** It failed to load, and has no tests of its own to count. */
function isBroken({ assertionResults, message }: JestFile): boolean {
  return assertionResults.length === 0 && message !== '';
}

function hasFailed(file: JestFile | undefined): boolean {
  return file === undefined || isBroken(file) || failures(file).length > 0;
}

function failures(file: JestFile): string[] {
  return file.assertionResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName }) => fullName);
}

function list(names: readonly string[]): string {
  return names.map((name) => `  ${name}`).join('\n');
}
