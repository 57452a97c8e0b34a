import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { findPm2, pm2With } from '../support/pm2.ts';
import { proveCandidate } from './candidate.ts';
import { DeployRefused, lock, openLayout } from './layout.ts';
import { migrate } from './migrations.ts';
import { readOptions, usage, type DeployOptions } from './options.ts';
import { prepareRelease } from './prepare.ts';
import { must } from './programs.ts';
import { switchTo } from './switch.ts';

/**
 * `deploy`: builds, prepares a release beside the running one, checks its settings, migrates, proves a candidate, switches.
 * `rollback`: returns to the release before. Whatever goes wrong, the release that ran goes on, and the exit code is 1.
 */
const root = join(import.meta.dirname, '..', '..');
const { env } = process;
const defaultPort = 3000;
const buildWithinMs = 300_000;
const checkWithinMs = 30_000;

const say = (text: string) => {
  console.log(`deploy: ${text}`);
};

async function deploy(options: DeployOptions): Promise<void> {
  const layout = openLayout(options.to);
  const before = layout.currentId();
  const id = layout.newId();
  const settings = { ...env, NODE_ENV: options.environment };
  try {
    if (existsSync(join(root, 'backend', 'src'))) {
      say('building');
      await must('The build failed', process.execPath, ['scripts/build.ts'], {
        cwd: root,
        withinMs: buildWithinMs,
      });
    }
    say(`preparing release ${id}`);
    const release = await prepareRelease(layout, id, { root, packages: options.packages });
    const check = join('backend', 'dist', 'scripts', 'environment-check.js');
    await must('The settings are refused', process.execPath, [check], {
      cwd: release,
      env: settings,
      withinMs: checkWithinMs,
    });
    say('migrating');
    await migrate(release, { env: settings, allowDestructive: options.allowDestructive });
    say('proving a candidate');
    await proveCandidate({ release, env: settings, readyWithinMs: options.readyWithinMs });
  } catch (error) {
    layout.forget(id);
    throw error;
  }
  await replace(options, id, before);
  for (const old of layout.prune(options.keep)) say(`removed release ${old}`);
}

async function rollback(options: DeployOptions): Promise<void> {
  const layout = openLayout(options.to);
  const before = layout.currentId();
  const id = layout.previousId();
  if (id === undefined || id === before)
    throw new DeployRefused('There is no release to return to.');
  say(`proving release ${id}`);
  await proveCandidate({
    release: layout.pathOf(id),
    env: { ...env, NODE_ENV: options.environment },
    readyWithinMs: options.readyWithinMs,
  });
  await replace(options, id, before);
}

/** Switches, and back again where the new release does not serve. */
async function replace(
  options: DeployOptions,
  id: string,
  before: string | undefined,
): Promise<void> {
  const layout = openLayout(options.to);
  const pm2 = pm2With({ ...env, RELEASE_LINK: layout.current }, options.to, findPm2());
  const target = { pm2, port: Number(env.PORT ?? defaultPort), environment: options.environment };
  say(`switching to ${id}`);
  try {
    await switchTo(layout, id, target);
  } catch (error) {
    if (before !== undefined) {
      say(`it does not serve, returning to ${before}`);
      await switchTo(layout, before, target);
    }
    throw error;
  }
  if (before !== undefined) layout.rememberPrevious(before);
  say(`release ${id} serves`);
}

async function main(): Promise<number> {
  const [command = '', ...argv] = process.argv.slice(2);
  const work = { deploy, rollback }[command];
  let options: DeployOptions;
  try {
    if (work === undefined) throw new Error('Say deploy or rollback.');
    options = readOptions(argv, env);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    return 2;
  }
  try {
    openLayout(options.to);
    const unlock = lock(options.to);
    try {
      await work(options);
    } finally {
      unlock();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof DeployRefused)) throw error;
    console.error(`deploy: refused. ${error.message}`);
    return 1;
  }
}

process.exitCode = await main();
