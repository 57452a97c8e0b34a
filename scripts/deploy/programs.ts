import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { DeployRefused } from './layout.ts';

/** Runs a program to its end, with its output on ours. Throws DeployRefused with `refusal` unless it ends with 0 in time. */
export async function must(
  refusal: string,
  program: string,
  args: readonly string[],
  options: { cwd: string; env?: NodeJS.ProcessEnv; withinMs: number },
): Promise<void> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), options.withinMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  if (code !== 0) throw new DeployRefused(`${refusal} (it ended with ${code ?? signal}).`);
}
