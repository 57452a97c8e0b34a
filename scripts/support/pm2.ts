import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

export interface Pm2Process {
  name: string;
  pid: number;
  /** `online`, `launching`, `stopping`, `errored` and so on. */
  status: string;
  restarts: number;
}

export interface Pm2 {
  /** Resolves with its exit code and everything it wrote. */
  run(...args: string[]): Promise<{ code: number; output: string }>;
  processes(): Promise<Pm2Process[]>;
  /** Keeps the list of processes for a reboot. It holds their environment, so nobody else may read it. */
  save(): Promise<void>;
  kill(): Promise<void>;
}

interface Listed {
  name: string;
  pid: number;
  pm2_env: { status: string; restart_time: number };
}

const ofThisCheckout = () =>
  createRequire(import.meta.url)
    .resolve('pm2/package.json')
    .replace('package.json', 'bin/pm2');

/** The one that a server has on its PATH, else that of the checkout. */
export function findPm2(): string {
  const installed = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'pm2'))
    .find((file) => existsSync(file));
  return installed === undefined ? ofThisCheckout() : realpathSync(installed);
}

/** Runs a program of Node.js. Resolves with its exit code and everything it wrote on both streams. */
export async function runToExit(
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // Not `close`: the daemon that the first command of PM2 starts keeps the pipes.
  const [code] = (await once(child, 'exit')) as [number | null];
  return { code: code ?? 1, output };
}

/** PM2 by its command line, with the processes of `env.PM2_HOME`. */
export function pm2With(env: NodeJS.ProcessEnv, cwd: string, program = ofThisCheckout()): Pm2 {
  const run = (...args: string[]) => runToExit([program, ...args], { cwd, env });
  return {
    run,
    async processes() {
      const { output } = await run('jlist', '--silent');
      // What PM2 says when it starts its daemon comes before the list.
      const json = output.slice(output.search(/^\[(?=[{\]])/m));
      return (JSON.parse(json) as Listed[]).map(
        ({ name, pid, pm2_env: { status, restart_time } }) => ({
          name,
          pid,
          status,
          restarts: restart_time,
        }),
      );
    },
    async save() {
      await run('save', '--force');
      const home = env.PM2_HOME ?? join(homedir(), '.pm2');
      for (const file of ['dump.pm2', 'dump.pm2.bak'].map((name) => join(home, name)))
        if (existsSync(file)) chmodSync(file, 0o600);
    },
    async kill() {
      await run('kill');
    },
  };
}

/** A PM2 of its own, apart from any other on the machine, until `end`. Its home is short: PM2 hangs with a long one. */
export function isolatedPm2(
  env: NodeJS.ProcessEnv,
  cwd: string,
): Pm2 & { home: string; end(): Promise<void> } {
  const home = mkdtempSync(join(tmpdir(), 'pm2-'));
  const pm2 = pm2With({ ...env, PM2_HOME: home }, cwd);
  return {
    ...pm2,
    home,
    async end() {
      await pm2.kill();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
