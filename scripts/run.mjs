// The door of every npm script: makes sure that a new enough Node.js and the dependencies are there, then runs the
// task with them. Plain JavaScript without dependencies, because it has to run on whatever Node.js a machine has.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
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
  prove: ['scripts/prove/run.ts'],
  'docs-claims': ['scripts/generate-claims-list.ts'],
  deploy: ['scripts/deploy/deploy.ts', 'deploy'],
  rollback: ['scripts/deploy/deploy.ts', 'rollback'],
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

const stdout = 1;
const stderr = 2;
const lock = join(root, '.local', 'install.lock');
let locked = false;
process.on('exit', unlock);

/** The program that runs now: signals go on to it, and it ends everything in order. */
let child;
let interruptedBy;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    interruptedBy = signal;
    if (child) child.kill(signal);
    else process.exit(exitCodeOf(signal));
  });
}

await takeLock();
const node = await ensureNode();
process.env.PATH = dirname(node) + delimiter + (process.env.PATH ?? '');
await ensureDependencies();
unlock();
process.exit(await run(node, ['--disable-warning=ExperimentalWarning', ...command, ...args], root));

/** The running Node.js where it is new enough, else the pinned one of scripts/runtime. */
async function ensureNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  if (atLeast(process.versions.node, engines.node.replace('>=', ''))) return process.execPath;

  const home = join(root, 'scripts', 'runtime');
  const node = join(home, 'node_modules', 'node', 'bin', 'node');
  const wanted = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8')).dependencies.node;
  if (versionOf(node) !== `v${wanted}`) {
    say(
      `Node.js ${process.versions.node} is too old for Bulwark; installing Node.js ${wanted} beside it...`,
    );
    await npm(['ci', '--no-audit', '--no-fund', '--loglevel=error'], home);
    if (versionOf(node) !== `v${wanted}`) {
      fail(
        `Node.js ${wanted} did not install. Install Node.js ${engines.node} yourself and try again.`,
      );
    }
  }
  return node;
}

/** Installs when package-lock.json is another than the one that was installed from. */
async function ensureDependencies() {
  const stamp = join(root, 'node_modules', '.bulwark-installed');
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  say('Installing dependencies (once, about half a minute)...');
  await npm(['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'], root);
  writeFileSync(stamp, wanted);
}

/** Two commands at once in a fresh clone must not install into each other. */
async function takeLock() {
  mkdirSync(dirname(lock), { recursive: true });
  for (let attempt = 0; ; attempt += 1) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      if (attempt > 0) await wait(100); // another one may have cleared away the same dead owner, and ours with it
      locked = readOwner() === process.pid;
      if (locked) return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (!ownerLives()) rmSync(lock, { force: true });
    if (attempt === 10) say(`Waiting for process ${readOwner()}, which is installing (${lock})...`);
    if (attempt > 0) await wait(200);
  }
}

function unlock() {
  if (locked) rmSync(lock, { force: true });
  locked = false;
}

/** Undefined without a lock; 0 for an owner who is just about to write its number, or was killed there. */
function readOwner() {
  try {
    return Number(readFileSync(lock, 'utf8'));
  } catch {
    return undefined;
  }
}

function ownerLives() {
  const pid = readOwner();
  try {
    return pid === 0 ? Date.now() - statSync(lock).mtimeMs < 5_000 : process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** Resolves with the program's exit code. */
function run(program, programArgs, cwd, env = process.env, output = stdout) {
  return new Promise((resolve) => {
    child = spawn(program, programArgs, { cwd, env, stdio: ['inherit', output, 'inherit'] });
    child.on('error', (error) => fail(`${program} cannot be run: ${error.message}`));
    child.on('exit', (code, signal) => {
      child = undefined;
      resolve(code ?? exitCodeOf(signal));
    });
  });
}

async function npm(npmArgs, cwd) {
  // Under npm its own program is known; without it the one on the PATH serves.
  const cli = process.env.npm_execpath;
  const [program, first] = cli?.endsWith('npm-cli.js') ? ['node', [cli]] : ['npm', []];
  const environment = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(config_(local_prefix|workspace)|package_|lifecycle_)/i.test(name),
    ),
  );
  // `TOKEN=$(npm run -s token)` must not catch what an installation has to say.
  const code = await run(program, [...first, ...npmArgs], cwd, environment, stderr);
  if (interruptedBy) process.exit(exitCodeOf(interruptedBy));
  if (code !== 0) fail(`npm ${npmArgs[0]} failed in ${cwd}. Its output above says why.`);
}

/** As a shell reports a program that a signal ended. */
function exitCodeOf(signal) {
  return 128 + constants.signals[signal];
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
  process.exit(1);
}
