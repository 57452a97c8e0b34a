import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProcesses, processIdentity } from '../../postgres/processes.ts';
import { localPaths, root, type LocalPaths } from '../paths.ts';
import type { StackFile } from '../stack-file.ts';

type Environment = Readonly<Record<string, string>>;

/** A program that runs, or ran. */
export interface Program {
  pid: number;
  output(): string;
  /** Resolves when the text was written; rejects, with all of the output, when the program ends without it. */
  says(text: string): Promise<void>;
  /** The exit code, or the signal's name. */
  ended: Promise<number | string>;
  /** Sends the signal to the program and all it runs in its process group, as a terminal sends Ctrl-C. */
  interrupt(signal: NodeJS.Signals): void;
}

export interface Result {
  code: number | string;
  /** Both streams, trimmed. */
  output: string;
}

/** A home of its own for one local stack, apart from the developer's and from other tests'. */
export interface Home {
  paths: LocalPaths;
  /** `npm start`, as a person calls it. */
  npmStart(env?: Environment): Program;
  /** The supervisor alone. */
  start(env?: Environment): Program;
  /** A tool of the folder scripts, to its end. */
  run(script: string, ...args: string[]): Promise<Result>;
  /** A command as it is typed in a terminal. */
  shell(command: string, env?: Environment): Promise<Result>;
  stackFile(): Promise<StackFile>;
  /** Every process of the stack but the supervisor, by name. */
  processes(): Promise<Record<string, number>>;
  /** What lies in the home, and which processes still belong to it. */
  remains(): Promise<{ files: string[]; processes: string[] }>;
  /** Ends what a failed test left and deletes everything. */
  dispose(): Promise<void>;
}

export async function createHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'bulwark-home-'));
  await chmod(folder, 0o755); // root's Postgres runs as another user
  const paths = localPaths(folder);
  const seen = new Map<number, string>();
  const programs: Program[] = [];
  const environment = (env: Environment): Environment => ({
    PATH: process.env.PATH ?? '',
    HOME: process.env.HOME ?? '',
    NODE_ENV: 'test', // no `.env` of the developer
    BULWARK_HOME: folder,
    PORT: '0',
    LOCAL_SUPABASE_PORT: '0',
    LOCAL_POSTGRES_PORT: '0',
    LOCAL_PROVIDERS_PORT: '0',
    SHUTDOWN_DRAIN_MS: '0',
    ...env,
  });
  const launch = (command: readonly string[], env: Environment = {}) => {
    const program = startProgram(command, environment(env));
    programs.push(program);
    return program;
  };
  const script = (name: string) => [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    join(root, 'scripts', `${name}.ts`),
  ];
  const toEnd = async (program: Program): Promise<Result> => {
    const code = await program.ended;
    return { code, output: program.output().trim() };
  };
  const run = (name: string, ...args: string[]) => toEnd(launch([...script(name), ...args]));

  async function processes(): Promise<Record<string, number>> {
    const text = await readFile(paths.runFile, 'utf8');
    const { children } = JSON.parse(text) as { children: { name: string; pid: number }[] };
    const found = Object.fromEntries(children.map(({ name, pid }) => [name, pid]));
    const pidFile = join(paths.postgresData, 'postmaster.pid');
    if (existsSync(pidFile)) found.Postgres = Number.parseInt(await readFile(pidFile, 'utf8'));
    for (const [name, pid] of Object.entries(found)) seen.set(pid, name);
    return found;
  }

  return {
    paths,
    npmStart: (env) => launch(['npm', 'start'], env),
    start: (env) => launch(script('start'), env),
    run,
    shell: (command, env) => toEnd(launch(['sh', '-c', command], env)),
    stackFile: async () => JSON.parse(await readFile(paths.stackFile, 'utf8')) as StackFile,
    processes,
    async remains() {
      const known = [...seen].filter(([pid]) => processIdentity(pid) !== undefined);
      const others = findProcesses(`${folder}/`).map(({ command }) => command);
      return {
        files: (await readdir(folder)).sort(),
        processes: [...known.map(([, name]) => name), ...others],
      };
    },
    async dispose() {
      for (const program of programs) program.interrupt('SIGKILL');
      await Promise.all(programs.map(({ ended }) => ended));
      const { code, output } = await run('local-reset');
      await rm(folder, { recursive: true, force: true });
      if (code !== 0) throw new Error(output);
    },
  };
}

function startProgram([file = '', ...args]: readonly string[], env: Environment): Program {
  const child = spawn(file, args, {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      resolve(code ?? signal ?? 'unknown');
    });
  });
  const pid = child.pid ?? 0;
  return {
    pid,
    output: () => output,
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const listen = () => {
          if (!output.includes(text)) return;
          listeners.delete(listen);
          resolve();
        };
        listeners.add(listen);
        listen();
        void ended.then((end) => {
          reject(new Error(`Ended (${end}) without saying "${text}":\n${output}`));
        });
      }),
    interrupt(signal) {
      if (child.exitCode === null && child.signalCode === null) process.kill(-pid, signal);
    },
  };
}
