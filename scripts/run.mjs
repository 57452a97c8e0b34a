// The door of every npm script: makes sure that a new enough Node.js and the dependencies are there, then runs the
// task with them. Plain JavaScript without dependencies, because it has to run on whatever Node.js a machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tasks = {
  start: ['scripts/start.ts'],
  test: ['scripts/test.ts'],
  check: ['scripts/check.ts'],
  build: ['scripts/build.ts'],
  token: ['scripts/token.ts'],
  bench: ['scripts/bench/run.ts'],
  'env-check': ['backend/src/scripts/environment-check.ts'],
  'db-migrate': ['backend/src/scripts/migrate.ts'],
  'db-export': ['backend/src/scripts/migrate.ts', 'export'],
  'docs-errors': ['scripts/generate-error-docs.ts'],
  'docs-env': ['scripts/generate-env-example.ts'],
  'phase-1': ['scripts/phase-1/run.ts'],
  'check-removal': ['scripts/check-removal.ts'],
  'remove-module': ['scripts/remove-module.ts'],
  'local-reset': ['scripts/local-reset.ts'],
  'local-rotate-keys': ['scripts/local-rotate-keys.ts'],
};

const [task = '', ...args] = process.argv.slice(2);
const command = tasks[task];
if (!command) {
  console.error(`Unknown task "${task}". Known: ${Object.keys(tasks).join(', ')}`);
  process.exit(2);
}

await exclusively(async () => {
  const node = ensureNode();
  process.env.PATH = dirname(node) + delimiter + (process.env.PATH ?? '');
  ensureDependencies();
  return node;
}).then(run);

/** The running Node.js where it is new enough, else the pinned one of scripts/runtime. */
function ensureNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (atLeast(process.versions.node, engines.node.replace('>=', ''))) return process.execPath;

  const home = join(root, 'scripts', 'runtime');
  const node = join(home, 'node_modules', 'node', 'bin', 'node');
  const wanted = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).dependencies.node;
  if (versionOf(node) !== `v${wanted}`) {
    say(
      `Node.js ${process.versions.node} is too old for Bulwark; installing Node.js ${wanted} beside it...`,
    );
    npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], home);
    if (versionOf(node) !== `v${wanted}`) {
      fail(
        `Node.js ${wanted} did not install. Install Node.js ${engines.node} yourself and try again.`,
      );
    }
  }
  return node;
}

/** Installs when package-lock.json is another than the one that was installed from. */
function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.bulwark-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing dependencies (once, about half a minute)...');
  npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], root);
  writeFileSync(stamp, wanted);
}

/** Two commands at once in a fresh clone must not install into each other. */
async function exclusively(work) {
  const lock = join(root, '.local', 'install.lock');
  mkdirSync(dirname(lock), { recursive: true });
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!ownerLives(lock)) rmSync(lock, { force: true });
    else await wait(200);
  }
  try {
    return await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function ownerLives(lock) {
  try {
    const pid = Number(readFileSync(lock, 'utf8'));
    // An empty file belongs to an owner that is just about to write its number, or was killed there.
    return pid === 0 ? Date.now() - statSync(lock).mtimeMs < 5_000 : process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Signals go on to the task, which ends everything in order; this process only waits for it. */
function run(node) {
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...command, ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}

function npm(commandArgs, cwd) {
  // Under npm its own program is known; without it the one on the PATH serves.
  const cli = process.env.npm_execpath;
  const [program, first] = cli?.endsWith('.js') ? ['node', [cli]] : ['npm', []];
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_prefix|workspace)|package_|lifecycle_)/i.test(name),
    ),
  );
  const { status } = spawnSync(program, [...first, ...commandArgs], {
    cwd,
    stdio: 'inherit',
    env: environment,
  });
  if (status !== 0) fail(`npm ${commandArgs[0]} failed in ${cwd}. Its output above says why.`);
}

function versionOf(node) {
  return existsSync(node)
    ? spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout?.trim()
    : undefined;
}

function atLeast(version, minimum) {
  const [have, need] = [version, minimum].map((text) => text.split('.').map(Number));
  for (const index of [0, 1, 2]) if (have[index] !== need[index]) return have[index] > need[index];
  return true;
}

function say(message) {
  console.error(message);
}

function fail(message) {
  console.error(message);
  rmSync(join(root, '.local', 'install.lock'), { force: true });
  process.exit(1);
}
