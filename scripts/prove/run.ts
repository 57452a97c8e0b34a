import { resolve } from 'node:path';
import { localPaths } from '../../backend/local/stack/paths.ts';
import { isInstalled } from '../../backend/test/support/programs.ts';
import { build } from '../build.ts';
import { withCluster } from '../support/with-stack.ts';
import { audit } from './audit/audit.ts';
import { phases } from './claim.ts';
import { readAllClaims, readClaims, type FoundClaim } from './discover.ts';
import { readOptions, usage, type Options } from './options.ts';
import { createProgress } from './progress.ts';
import { closingLine, summary, table, writeReport, type Result } from './report.ts';
import { runClaim, type RunOptions } from './run-claim.ts';
import { howToInstall } from './tools.ts';

/**
 * `npm run prove`: measures the claims of the README, one after the other, on the built server with a throw-away Postgres; with --target, what can be seen of a deployed API from outside.
 * Exit codes: 0 each of them holds or could not be run here, 1 one fails or the time was over before its turn, 2 the command is wrong, 130 given up.
 */
const refusedCommand = 2;
const interrupted = 130;

try {
  process.exitCode = await main(readOptions(process.argv.slice(2)));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = refusedCommand;
}

async function main(options: Options): Promise<number> {
  if (options.help) {
    console.log(usage);
    return 0;
  }
  if (options.target) return proveTarget(options.target);
  const all = await (options.claims === undefined
    ? readAllClaims()
    : readClaims(resolve(options.claims)));
  const chosen = choose(all, options);
  if (chosen.length === 0) throw new Error('There is no such claim.');
  if (options.list) {
    for (const { id, phase, claim } of chosen) console.log(`${phase}  ${id.padEnd(32)} ${claim}`);
    return 0;
  }
  return prove(chosen, options);
}

/** Throws for names that are none. */
function choose(all: readonly FoundClaim[], { only, phases: wanted }: Options): FoundClaim[] {
  const unknown = only.filter((id) => !all.some((claim) => claim.id === id));
  if (unknown.length > 0)
    throw new Error(
      `No claim ${unknown.join(', ')}. There are: ${all.map(({ id }) => id).join(', ')}`,
    );
  const strange = wanted.filter((phase) => !Object.hasOwn(phases, phase));
  if (strange.length > 0)
    throw new Error(`No phase ${strange.join(', ')}. There are: ${Object.keys(phases).join(', ')}`);
  return all.filter(
    ({ id, phase }) =>
      (only.length === 0 || only.includes(id)) &&
      (wanted.length === 0 || wanted.includes(String(phase))),
  );
}

async function prove(
  claims: readonly FoundClaim[],
  { patience, minutes }: Options,
): Promise<number> {
  // Of this process, with the build.
  const timeUp = new AbortController();
  setTimeout(
    () => {
      timeUp.abort();
    },
    minutes * 60_000 - performance.now(),
  ).unref();
  const giveUp = new AbortController();
  // The first asks, the second insists.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (giveUp.signal.aborted) process.exit(interrupted);
      console.error('\nEnding; once more ends it at once.');
      giveUp.abort();
    });

  build(() => {
    console.log('Building...');
  });
  const signal = AbortSignal.any([giveUp.signal, timeUp.signal]);
  const results: Result[] = [];
  const tooLate = `the ${minutes} min of the run were over`;
  const progress = createProgress(claims.length, process.stdout);
  await withCluster(async () => {
    for (const claim of claims) {
      progress.start(claim.id, claim.seconds);
      const measured = await resultOf(claim, { patience, onProgress: progress.say, signal });
      const result = measured ?? notRun(claim, giveUp.signal.aborted ? 'interrupted' : tooLate);
      progress.done(result);
      results.push(result);
      if (giveUp.signal.aborted) break;
    }
  });
  if (giveUp.signal.aborted) return interrupted;

  const code = conclude(results);
  if (!results.some(({ figure }) => figure === tooLate)) return code;
  console.error(`The run was ended after ${minutes} min; --minutes gives it more.`);
  return 1;
}

async function proveTarget(target: NonNullable<Options['target']>): Promise<number> {
  const progress = createProgress(0, process.stdout);
  return conclude(await audit(target, progress.done));
}

/** Writes and prints what was found; returns the exit code. */
function conclude(results: readonly Result[]): number {
  const { home } = localPaths(process.env.BULWARK_HOME);
  writeReport(home, results);
  console.log(table(results));
  const minutes = (performance.now() / 60_000).toFixed(1);
  console.log(
    `\n${summary(results)}, in ${minutes} min; the table is in ${home}/prove.json and prove.md`,
  );
  console.log(closingLine(results));
  return results.some(({ verdict }) => verdict === 'fails') ? 1 : 0;
}

/** Undefined where the signal fired before its turn, or before there was a finding. */
async function resultOf(claim: FoundClaim, options: RunOptions): Promise<Result | undefined> {
  const missing = (claim.needs ?? []).filter((tool) => !isInstalled(tool));
  if (missing.length > 0)
    return notRun(claim, missing.map((tool) => `needs ${tool}: ${howToInstall[tool]}`).join('; '));
  const finding = options.signal.aborted ? undefined : await runClaim(claim, options);
  if (finding === undefined) return undefined;
  const {
    figure,
    holds,
    faults = [],
    checks = { passed: Number(holds), failed: Number(!holds) },
  } = finding;
  return { ...rowOf(claim), figure, verdict: holds ? 'holds' : 'fails', faults, checks };
}

function notRun(claim: FoundClaim, figure: string): Result {
  const checks = { passed: 0, failed: 0 };
  return { ...rowOf(claim), figure, verdict: 'not run', faults: [], checks };
}

function rowOf({ id, phase, claim, bound }: FoundClaim) {
  return { id, phase, claim, bound };
}
