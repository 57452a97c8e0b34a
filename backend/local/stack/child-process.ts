import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

export interface ChildOptions {
  name: string;
  script: string;
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Milliseconds until it must have sent `ready`. */
  readyDeadlineMs: number;
  /** Told each chunk of its output. */
  onOutput: (chunk: Buffer) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  readonly exited: Promise<number>;
  /** What it sent as it became ready. */
  readonly ready: unknown;
  /** SIGTERM, then SIGKILL past the deadline. Calling it again joins the first call. */
  stop(deadlineMs: number): Promise<void>;
}

export class ChildFailed extends Error {
  override readonly name = 'ChildFailed';
  readonly exitCode: number | undefined;

  constructor(message: string, exitCode?: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/**
 * Starts a Node.js program and resolves once it says that it is ready, the way PM2 waits: by a message. It has a
 * session of its own, so that Ctrl-C reaches the supervisor alone, which ends its children in order.
 */
export async function startChild(
  options: ChildOptions,
  onStarted: (pid: number) => void,
): Promise<Child> {
  const { name, script, env, cwd, readyDeadlineMs, onOutput } = options;
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    cwd,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  child.stdout?.on('data', onOutput);
  child.stderr?.on('data', onOutput);
  const exited = once(child, 'exit').then(([code]: unknown[]) =>
    typeof code === 'number' ? code : 1,
  );
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  onStarted(pid);

  const ready = await becomeReady(child, name, exited, readyDeadlineMs);
  let stopping: Promise<void> | undefined;
  const stop = async (deadlineMs: number) => {
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    await exited;
    clearTimeout(timer);
  };
  return { name, pid, exited, ready, stop: (deadlineMs) => (stopping ??= stop(deadlineMs)) };
}

async function becomeReady(
  child: ChildProcess,
  name: string,
  exited: Promise<number>,
  deadlineMs: number,
): Promise<unknown> {
  const deadline = AbortSignal.timeout(deadlineMs);
  const message = once(child, 'message', { signal: deadline }).then(([value]: unknown[]) => value);
  message.catch(() => undefined);
  const ended = exited.then((code) => {
    throw new ChildFailed(`${name} ended with exit code ${code} before it was ready.`, code);
  });
  ended.catch(() => undefined);
  try {
    return await Promise.race([message, ended]);
  } catch (error) {
    if (!deadline.aborted) throw error;
    child.kill('SIGKILL');
    throw new ChildFailed(`${name} was not ready within ${deadlineMs / 1000} s.`);
  }
}
