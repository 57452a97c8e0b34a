import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type BinariesSource } from '../postgres/binaries.ts';
import { startChild, type Child } from './child-process.ts';
import { loadCredentials } from './credentials.ts';
import { openLocalDatabase, type LocalDatabase } from './database.ts';
import { ensureUser } from './demo-users.ts';
import { paths, root } from './paths.ts';
import { choosePort } from './ports.ts';
import { claimRun } from './run-file.ts';
import { removeStackFile, writeStackFile, type StackFile } from './stack-file.ts';

export interface StackOptions {
  env: NodeJS.ProcessEnv;
  /** Brings the database to the newest state of the code. */
  migrate: (databaseUrl: string) => Promise<void>;
  /** Where the built server is. */
  serverScript: string;
  say: (line: string) => void;
  /** Told the server's log, and what the issuer has to say. */
  onOutput: (name: string, chunk: Buffer) => void;
}

export interface Stack {
  readonly file: StackFile;
  readonly database: string;
  /** Resolves with the name of the first part that ended without being asked to. */
  readonly failed: Promise<string>;
  /** Ends everything in order: server, issuer, Postgres. */
  stop(): Promise<void>;
}

const defaultPorts = { api: 3000, supabase: 54321, postgres: 54322 };
const serverStopDeadlineMs = 20_000;

/** Brings up Postgres, the auth issuer and the server, each a process of its own, in this order. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env, say } = options;
  mkdirSync(paths.local, { recursive: true });
  const run = await claimRun(say);
  const undo: (() => Promise<void>)[] = [];
  const stop = async () => {
    removeStackFile();
    for (const step of undo.splice(0).reverse()) await step();
    run.remove();
  };

  try {
    const credentials = loadCredentials();
    say('Starting Postgres...');
    const database = await openLocalDatabase({
      givenUrl: nonEmpty(env.DATABASE_URL),
      source: nonEmpty(env.BULWARK_POSTGRES) as BinariesSource | undefined,
      preferredPort: portOf(env.LOCAL_POSTGRES_PORT, defaultPorts.postgres),
      password: credentials.postgresPassword,
      say,
    });
    undo.push(() => database.stop());

    say('Starting the auth issuer...');
    const issuer = await startIssuer(options, database, run.add);
    undo.push(() => issuer.child.stop(5_000));

    say('Applying migrations...');
    await options.migrate(database.databaseUrl);
    const users = {
      demo: { email: 'demo@bulwark.local', password: credentials.demoPassword },
      admin: { email: 'admin@bulwark.local', password: credentials.adminPassword },
    };
    await Promise.all([ensureUser(issuer, users.demo), ensureUser(issuer, users.admin, 'admin')]);

    say('Starting the server...');
    const port = await choosePort('The API', portOf(env.PORT, defaultPorts.api), new Set(), say);
    const server = await startServer(options, database, issuer, port, run.add);
    undo.push(() => server.stop(serverStopDeadlineMs));

    const { supabaseUrl, anonKey, serviceRoleKey } = issuer;
    const file: StackFile = {
      apiUrl: `http://127.0.0.1:${port}`,
      supabaseUrl,
      anonKey,
      serviceRoleKey,
      databaseUrl: database.databaseUrl,
      users,
    };
    writeStackFile(file);
    return {
      file,
      database: database.description,
      failed: firstToEnd(database, issuer.child, server),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type AddProcess = (name: string, pid: number) => void;

async function startIssuer(options: StackOptions, database: LocalDatabase, add: AddProcess) {
  const { env, say, onOutput } = options;
  const port = await choosePort(
    'The auth issuer',
    portOf(env.LOCAL_SUPABASE_PORT, defaultPorts.supabase),
    new Set(),
    say,
  );
  const child = await startChild(
    {
      name: 'The auth issuer',
      script: join(root, 'backend', 'local', 'auth', 'main.ts'),
      cwd: root,
      env: { PATH: env.PATH, DATABASE_URL: database.authUrl, PORT: String(port) },
      readyDeadlineMs: 20_000,
      onOutput: (chunk) => {
        onOutput('issuer', chunk);
      },
    },
    (pid) => {
      add('the auth issuer', pid);
    },
  );
  const { url, anonKey, serviceRoleKey } = child.ready as Record<
    'url' | 'anonKey' | 'serviceRoleKey',
    string
  >;
  return { child, supabaseUrl: url, anonKey, serviceRoleKey };
}

interface Gateway {
  supabaseUrl: string;
  anonKey: string;
  serviceRoleKey: string;
}

/** The server gets the same variables that a hosted Supabase would be named by: it cannot tell the difference. */
function startServer(
  { env, serverScript, onOutput }: StackOptions,
  database: LocalDatabase,
  gateway: Gateway,
  port: number,
  add: AddProcess,
): Promise<Child> {
  return startChild(
    {
      name: 'The server',
      script: serverScript,
      cwd: root,
      env: {
        ...env,
        HOST: '127.0.0.1',
        PORT: String(port),
        DATABASE_URL: database.databaseUrl,
        SUPABASE_URL: gateway.supabaseUrl,
        SUPABASE_ANON_KEY: gateway.anonKey,
        SUPABASE_SERVICE_ROLE_KEY: gateway.serviceRoleKey,
      },
      readyDeadlineMs: 30_000,
      onOutput: (chunk) => {
        onOutput('server', chunk);
      },
    },
    (pid) => {
      add('the server', pid);
    },
  );
}

function firstToEnd(database: LocalDatabase, issuer: Child, server: Child): Promise<string> {
  return Promise.race([
    database.ended.then(() => 'Postgres'),
    issuer.exited.then(() => issuer.name),
    server.exited.then(() => server.name),
  ]);
}

const nonEmpty = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

function portOf(text: string | undefined, fallback: number): number {
  const port = Number(text ?? '');
  return Number.isInteger(port) && port > 0 && port < 65_536 ? port : fallback;
}
