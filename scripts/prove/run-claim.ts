import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Finding } from './claim.ts';
import type { FoundClaim } from './discover.ts';

export interface RunOptions {
  /** Seconds beyond three times what the claim says it takes. */
  patience: number;
  onProgress: (text: string) => void;
  /** Once it fires, the claim ends in order, or is ended. */
  signal: AbortSignal;
}

/** From the request to end to the end of everything that the claim has started. */
const endWithinMs = 25_000;
const outputKept = 4_000;

/**
 * Measures a claim in a process of its own. Never rejects: one that cannot be measured fails, and says why. Undefined where the
 * signal fired before there was a finding.
 */
export async function runClaim(
  claim: FoundClaim,
  options: RunOptions,
): Promise<Finding | undefined> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'claim-process.ts'),
      claim.file,
    ],
    // A group of its own: whatever the claim starts can be ended with it, and Ctrl-C reaches the runner alone.
    { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], detached: true },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-outputKept);
    });
  let finding: Finding | undefined;
  child.on('message', (message: { progress?: string; finding?: Finding }) => {
    if (message.progress !== undefined) options.onProgress(message.progress);
    // What it says when it is ended is no finding.
    if (!options.signal.aborted) finding ??= message.finding;
  });

  const budgetSeconds = claim.seconds * 3 + options.patience;
  const budget = AbortSignal.timeout(budgetSeconds * 1000);
  const end = await ended(child, AbortSignal.any([budget, options.signal]));
  const said = output.trim() === '' ? [] : [output.trim()];
  if (budget.aborted) {
    const figure = `not done within ${budgetSeconds} s`;
    return { figure, holds: false, faults: [...(finding?.faults ?? []), ...said] };
  }
  if (options.signal.aborted) return finding;
  return finding ?? { figure: `its process ended with ${end}`, holds: false, faults: said };
}

/** Resolves with the exit code or the signal's name, when nothing that the child has started is left. */
async function ended(child: ChildProcess, giveUp: AbortSignal): Promise<number | string> {
  const killGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Nothing of it is left.
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    child.kill('SIGTERM');
    timer = setTimeout(killGroup, endWithinMs);
  };
  giveUp.addEventListener('abort', end);
  process.on('exit', killGroup); // a second Ctrl-C

  const closed = once(child, 'close');
  // The last message may come after the exit, but not after the end of its channel.
  const [[code, signal]] = (await Promise.all([
    once(child, 'exit'),
    once(child, 'disconnect'),
  ])) as [[number | null, string | null], unknown];
  giveUp.removeEventListener('abort', end);
  clearTimeout(timer);
  process.removeListener('exit', killGroup);
  killGroup();
  // What it wrote last; a daemon that it has started may hold the pipes open for ever.
  await Promise.race([closed, wait(1_000)]);
  return code ?? signal ?? 'nothing';
}
