import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../../backend/local/postgres/throwaway.ts';
import { root } from '../../../backend/local/stack/paths.ts';
import { buildConsole } from '../../build-console.ts';
import { shipped } from '../../deploy/prepare.ts';
import { isolatedPm2, runToExit } from '../../support/pm2.ts';
import type { Surroundings } from '../claim.ts';
import { startLoad, type Outcome } from '../measure/http-load.ts';

/** A server with PM2, a checkout to deploy from, and a steady load on what runs. */
export interface DeployStand {
  read(path: string): string;
  /** Writes a file of the checkout anew. */
  write(path: string, text: string): void;
  deploy(...args: string[]): Promise<{ code: number; output: string }>;
  rollback(): Promise<{ code: number; output: string }>;
  /** What the running release says its version is. */
  version(): Promise<string>;
  /** Which of the processes answer at /metrics within some seconds: the two of the API, and the worker. */
  scraped(): Promise<string[]>;
  /** Files in which PM2 keeps the processes, with their environment, that others may read. */
  readable(): string[];
  /** Starts after the first deploy. */
  startLoad(): void;
  /** Ends the load: how many requests there were, and those that were lost. */
  lost(): Promise<{ sent: number; lost: readonly Outcome[] }>;
  end(): Promise<void>;
}

const rate = 100;
/** One whose port its predecessor still had tries again after five. */
const scrapedWithinMs = 15_000;

export async function openDeployStand({ stack, signal }: Surroundings): Promise<DeployStand> {
  buildConsole();
  // On the checkout's own file system, so that packages can be linked.
  mkdirSync(join(root, '.local'), { recursive: true });
  const folder = mkdtempSync(join(root, '.local', 'prove-deploy-'));
  const checkout = join(folder, 'checkout');
  for (const path of [
    ...shipped,
    'tsconfig.json',
    'backend/src',
    'backend/local',
    'backend/tsconfig.build.json',
    'admin/index.html',
    'admin/src',
    'admin/vite.config.ts',
    'scripts',
  ])
    cpSync(join(root, path), join(checkout, path), {
      recursive: true,
      filter: (source) => !source.includes('node_modules') && !source.endsWith('.test.ts'),
    });
  symlinkSync(join(root, 'node_modules'), join(checkout, 'node_modules'), 'dir');

  const [port, metricsPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const { accessToken } = await stack.signUp();
  const variables = {
    PATH: process.env.PATH,
    HOME: process.env.HOME,
    ...stack.environment,
    ALLOWED_ORIGINS: 'https://app.bulwark.dev',
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_PORT: String(metricsPort),
    WEB_CONCURRENCY: '2',
    LOG_LEVEL: 'warn',
    RATE_LIMIT_SIGNED_IN: '1000000',
    SHUTDOWN_DRAIN_MS: '1500',
  };
  const pm2 = isolatedPm2(variables, folder);
  let load: ReturnType<typeof startLoad> | undefined;

  function command(name: string, args: readonly string[]) {
    const target = ['--to', join(folder, 'server'), '--env', 'staging'];
    return runToExit(['scripts/deploy/deploy.ts', name, ...target, ...args], {
      cwd: checkout,
      env: { ...variables, PM2_HOME: pm2.home },
    });
  }

  return {
    read: (path) => readFileSync(join(checkout, path), 'utf8'),
    write(path, text) {
      // The file may be one with that of another release.
      rmSync(join(checkout, path), { force: true });
      writeFileSync(join(checkout, path), text);
    },
    deploy: (...args) => command('deploy', ['--packages', root, ...args]),
    rollback: () => command('rollback', []),
    async version() {
      const document = (await (await fetch(`${url}/api/v1/openapi.json`)).json()) as {
        info: { version: string };
      };
      return document.info.version;
    },
    async scraped() {
      const giveUpAt = performance.now() + scrapedWithinMs;
      const names = await Promise.all(
        Object.entries({ 'api 0': 0, 'api 1': 1, worker: 100 }).map(async ([name, behind]) => {
          const address = `http://127.0.0.1:${metricsPort + behind}/metrics`;
          while (!(await answers(address)) && performance.now() < giveUpAt) await wait(250);
          return (await answers(address)) ? [name] : [];
        }),
      );
      return names.flat();
    },
    readable: () =>
      readdirSync(pm2.home).filter(
        (name) =>
          name.startsWith('dump.pm2') && (statSync(join(pm2.home, name)).mode & 0o077) !== 0,
      ),
    startLoad() {
      load = startLoad({
        rate,
        connections: 20,
        signal,
        request: () => ({
          url: `${url}/api/v1/me`,
          headers: { authorization: `Bearer ${accessToken}` },
        }),
      });
    },
    async lost() {
      const outcomes = (await load?.stop()) ?? [];
      return { sent: outcomes.length, lost: outcomes.filter(({ result }) => result !== '200') };
    },
    async end() {
      await load?.stop();
      await pm2.end();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const answers = (address: string): Promise<boolean> =>
  fetch(address).then(
    async (answer) => (await answer.text()).includes('bulwark_jobs_running'),
    () => false,
  );
