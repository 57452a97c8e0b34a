import { once } from 'node:events';
import { join } from 'node:path';
import { describeExit, startChild, type ChildOptions } from './child-process.ts';
import { loadCredentials } from './credentials.ts';
import { openLocalDatabase, type LocalDatabase } from './database.ts';
import { ensureUser } from './demo-users.ts';
import { root } from './paths.ts';
import { startOnFreePort } from './ports.ts';
import { variablesFor } from '../providers/variables.ts';
import { claimRun, type RunRecord } from './run-file.ts';
import type { StackSettings } from './settings.ts';
import { removeStackFile, writeStackFile, type StackFile } from './stack-file.ts';

export interface StackOptions {
  settings: StackSettings;
  /** The server's environment, beneath what the stack itself decides. */
  environment: NodeJS.ProcessEnv;
  /** Where the built server is. */
  serverScript: string;
  /** Brings the database to the newest state of the code. */
  migrate: (databaseUrl: string) => Promise<void>;
  say: (line: string) => void;
  /** Told each line that the server and the issuer write. */
  onLine: (line: string) => void;
  /** Called when everything is up; the stack goes down when it rejects. */
  onUp: (stack: StackFile, database: string) => Promise<void>;
  /** Aborted to end everything in order, at any time. */
  stop: AbortSignal;
  /** Aborted, after `stop`, to end everything at once. */
  kill: AbortSignal;
}

/** A running part of the stack. */
interface Part {
  name: string;
  /** Resolves with how it ended. */
  ended: Promise<string>;
  stop(): Promise<void>;
  kill(): void;
}

type Running = StackOptions & { run: RunRecord; parts: Part[] };

/**
 * The whole life of a local stack: brings up Postgres, the auth issuer, the provider sandbox and the server, each a process
 * of its own, waits until it is to stop or a part ends by itself, and ends the rest in the opposite order. Resolves after `stop`;
 * rejects with what went wrong (a ChildFailed has the exit code). No process is left either way.
 */
export async function runStack(options: StackOptions): Promise<void> {
  const { settings, say, stop } = options;
  const run = await claimRun(settings.paths, say);
  const parts: Part[] = [];
  const kill = () => {
    for (const part of parts) part.kill();
  };
  options.kill.addEventListener('abort', kill);
  try {
    const { file, database } = await bringUp({ ...options, run, parts });
    writeStackFile(settings.paths, file);
    await options.onUp(file, database);
    await untilStopped(parts, stop, say);
  } catch (error) {
    if (!stop.aborted) throw error; // what is cut off by the stop itself may complain
  } finally {
    removeStackFile(settings.paths);
    await stopAll(parts);
    options.kill.removeEventListener('abort', kill);
    await run.release();
  }
}

async function bringUp(running: Running): Promise<{ file: StackFile; database: string }> {
  const { settings, say, stop, parts } = running;
  const step = (line: string) => {
    stop.throwIfAborted();
    say(line);
  };

  step('Starting Postgres...');
  const credentials = loadCredentials(settings.paths.credentials);
  const database = await openLocalDatabase(settings, credentials.postgresPassword, say);
  parts.push({ ...database, name: 'Postgres' });

  step('Starting the auth issuer...');
  const gateway = await startIssuer(running, database);

  step('Applying migrations...');
  await running.migrate(database.databaseUrl);
  const users = {
    demo: { email: 'demo@bulwark.local', password: credentials.demoPassword },
    admin: { email: 'admin@bulwark.local', password: credentials.adminPassword },
  };
  await Promise.all([ensureUser(gateway, users.demo), ensureUser(gateway, users.admin, 'admin')]);

  step('Starting the provider sandbox...');
  const sandbox = await startProviders(running);

  step('Starting the server...');
  const apiUrl = await startServer(running, database, gateway, sandbox.variables);
  await fetch(`${sandbox.url}/_sandbox/server`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: apiUrl }),
  });
  return {
    file: { apiUrl, ...gateway, sandboxUrl: sandbox.url, databaseUrl: database.databaseUrl, users },
    database: database.description,
  };
}

type Gateway = Pick<StackFile, 'supabaseUrl' | 'anonKey' | 'serviceRoleKey'>;

async function startIssuer(running: Running, { authUrl }: LocalDatabase): Promise<Gateway> {
  const { settings, environment } = running;
  const { ready } = await startPart(running, settings.ports.supabase, {
    name: 'the auth issuer',
    script: join(root, 'backend', 'local', 'auth', 'main.ts'),
    env: { PATH: environment.PATH, DATABASE_URL: authUrl },
    readyDeadlineMs: 20_000,
    stopDeadlineMs: 5_000,
  });
  const { url, anonKey, serviceRoleKey } = ready as Record<
    'url' | 'anonKey' | 'serviceRoleKey',
    string
  >;
  return { supabaseUrl: url, anonKey, serviceRoleKey };
}

/** What stands in for the providers. Its variables name it to the server, but for those that have keys of their own. */
async function startProviders(
  running: Running,
): Promise<{ url: string; variables: Record<string, string> }> {
  const { settings, environment } = running;
  const { ready } = await startPart(running, settings.ports.providers, {
    name: 'the provider sandbox',
    script: join(root, 'backend', 'local', 'providers', 'main.ts'),
    env: { PATH: environment.PATH },
    readyDeadlineMs: 20_000,
    stopDeadlineMs: 5_000,
  });
  const { url, environment: offered } = ready as {
    url: string;
    environment: Record<string, string>;
  };
  return { url, variables: variablesFor(offered, settings.given) };
}

const vite = 'http://localhost:5173';

/** The server gets the same variables that a hosted Supabase would be named by: it cannot tell the difference. */
async function startServer(
  running: Running,
  { databaseUrl }: LocalDatabase,
  gateway: Gateway,
  providers: Readonly<Record<string, string>>,
): Promise<string> {
  const { settings, environment, serverScript } = running;
  const { port } = await startPart(running, settings.ports.api, {
    name: 'the server',
    script: serverScript,
    env: {
      ...environment,
      ...providers,
      HOST: '127.0.0.1',
      DATABASE_URL: databaseUrl,
      SUPABASE_URL: gateway.supabaseUrl,
      SUPABASE_ANON_KEY: gateway.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: gateway.serviceRoleKey,
    },
    // The console's sockets come from the server's own address, whichever port was free; and from Vite's.
    envAt: (port) =>
      settings.given.has('ALLOWED_ORIGINS')
        ? {}
        : {
            ALLOWED_ORIGINS: [`http://127.0.0.1:${port}`, `http://localhost:${port}`, vite].join(),
          },
    readyDeadlineMs: 30_000,
    stopDeadlineMs: 20_000,
  });
  return `http://127.0.0.1:${port}`;
}

type Program = Pick<
  ChildOptions,
  'name' | 'script' | 'env' | 'readyDeadlineMs' | 'stopDeadlineMs'
> & {
  /** What depends on where it listens. */
  envAt?: (port: number) => Readonly<Record<string, string>>;
};

/** Starts a program that listens where PORT says; resolves with its port and what it sent as it became ready. */
async function startPart(
  { run, parts, stop, say, onLine }: Running,
  preferredPort: number,
  program: Program,
): Promise<{ port: number; ready: unknown }> {
  const { name } = program;
  const onStarted = (pid: number) => {
    run.add(name, pid);
  };
  return startOnFreePort({ name, preferred: preferredPort, say }, async (port) => {
    const env = { ...program.env, ...program.envAt?.(port), PORT: String(port) };
    const child = await startChild({ ...program, env, cwd: root, signal: stop, onStarted, onLine });
    parts.push({ ...child, name, ended: child.exited.then(describeExit) });
    return { port, ready: child.ready };
  });
}

/** Rejects when a part ends by itself. */
async function untilStopped(
  parts: readonly Part[],
  stop: AbortSignal,
  say: StackOptions['say'],
): Promise<void> {
  stop.throwIfAborted();
  const first = await Promise.race([
    once(stop, 'abort').then(() => undefined),
    ...parts.map(({ name, ended }) => ended.then((how) => ({ name, how }))),
  ]);
  if (first === undefined) return;
  const { name, how } = first;
  say(`Lost ${name} (${how}); stopping the rest...`);
  throw new Error(`The local stack is down, because ${name} ended unexpectedly (${how}).`);
}

/** In the opposite order of their start, each whatever became of the one before. */
async function stopAll(parts: readonly Part[]): Promise<void> {
  const faults: unknown[] = [];
  for (const part of parts.toReversed()) {
    await part.stop().catch((fault: unknown) => faults.push(fault));
  }
  if (faults.length > 0) throw new Error(`Not everything was stopped: ${faults.join('; ')}`);
}
