import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  /** For people, as it stands in a sentence: "the server". */
  name: string;
  script: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Milliseconds until it must have sent a message. */
  readyDeadlineMs: number;
  /** Milliseconds from SIGTERM to SIGKILL. */
  stopDeadlineMs: number;
  /** Aborted to give up waiting; the child is stopped. */
  signal: AbortSignal;
  onStarted: (pid: number) => void;
  /** Told each line of its output. */
  onLine: (line: string) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface Child {
  /** What it sent as it became ready. */
  readonly ready: unknown;
  /** Resolves when it has ended and all of its output was told. */
  readonly exited: Promise<ChildExit>;
  /** SIGTERM, then SIGKILL past the deadline. Calling it again joins the first call. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): void;
}

export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
  readonly exitCode: number;

  constructor(message: string, exitCode: number | null = null) {
    super(message);
    this.exitCode = exitCode ?? 1;
  }
}

/**
 * Starts a Node.js program and resolves once it sends a message, which is how PM2 waits for a server too. It gets a
 * session of its own, so that Ctrl-C reaches the supervisor alone, which ends its children in order. No process is left
 * when it rejects: with ChildFailed, or with the reason of `signal`.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const { name, script, env, cwd, readyDeadlineMs, stopDeadlineMs, signal, onLine } = options;
  signal.throwIfAborted();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const input of [child.stdout, child.stderr]) {
    if (input) createInterface({ input }).on('line', onLine);
  }
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('close', (code, exitSignal) => {
      resolve({ code, signal: exitSignal });
    });
  });
  const message = new Promise<unknown>((resolve) => {
    child.once('message', resolve);
  });
  await once(child, 'spawn');
  if (child.pid !== undefined) options.onStarted(child.pid);

  const kill = () => {
    child.kill('SIGKILL');
  };
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopOnce());
  const stopOnce = async () => {
    child.kill('SIGTERM');
    const timer = setTimeout(kill, stopDeadlineMs);
    await exited;
    clearTimeout(timer);
  };

  let late = false;
  const deadline = setTimeout(() => {
    late = true;
    kill();
  }, readyDeadlineMs);
  const giveUp = () => void stop();
  signal.addEventListener('abort', giveUp);
  try {
    const ready = await Promise.race([
      message,
      exited.then((exit) => {
        signal.throwIfAborted();
        if (late) throw new ChildFailed(`${name} was not ready within ${readyDeadlineMs / 1000} s`);
        throw new ChildFailed(`${name} did not start (${describeExit(exit)})`, exit.code);
      }),
    ]);
    return { ready, exited, stop, kill };
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', giveUp);
  }
}

/** "exit code 1", or the signal's name. */
export function describeExit({ code, signal }: ChildExit): string {
  return signal ?? `exit code ${code ?? 'unknown'}`;
}
