/**
 * Measures one claim, in a process of its own: what one claim leaks, breaks or holds up does not reach the next.
 * `claim-process.ts <file>`; sends `{ progress }` and at last `{ finding }`. SIGTERM asks it to give up in order.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { freePort } from '../../backend/local/postgres/throwaway.ts';
import {
  startServerProcess,
  type ServerProcess,
} from '../../backend/test/support/server-process.ts';
import { startTestStack, type TestStack } from '../../backend/test/support/stack.ts';
import type { Claim, Finding } from './claim.ts';

const stopWithinMs = 20_000;

const [file = ''] = process.argv.slice(2);
const giveUp = new AbortController();
process.once('SIGTERM', () => {
  giveUp.abort(new Error('The run was given up.'));
});
// The runner is gone, and nobody would read the finding.
process.once('disconnect', () => {
  giveUp.abort(new Error('The run has ended.'));
});

const { default: claim } = (await import(pathToFileURL(file).href)) as { default: Claim };
const finding = await measure(claim).catch(asFinding);
process.send?.({ finding }, () => process.exit(0));

async function measure(claim: Claim): Promise<Finding> {
  const stack = await startTestStack();
  const servers: ServerProcess[] = [];
  try {
    giveUp.signal.throwIfAborted();
    return await Promise.race([
      claim.measure({
        stack,
        async startServer({ environment, script } = {}) {
          giveUp.signal.throwIfAborted();
          const server = await startServerProcess(
            script === undefined
              ? 'backend/dist/index.js'
              : join('scripts', 'prove', 'servers', script),
            { ...stack.environment, PORT: String(await freePort()), ...environment },
          );
          servers.push(server);
          return server;
        },
        progress: (text) => process.send?.({ progress: text }),
        signal: giveUp.signal,
      }),
      givenUp(),
    ]);
  } finally {
    await Promise.all(servers.map(stop));
    await end(stack);
  }
}

/** Also ends the wait for a claim that pays the signal no heed. */
function givenUp(): Promise<never> {
  return new Promise((_resolve, reject) => {
    giveUp.signal.addEventListener('abort', () => {
      reject(giveUp.signal.reason as Error);
    });
  });
}

async function stop({ child, ended }: ServerProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
  await ended;
  clearTimeout(timer);
}

/** A connection that a claim left open is said, and is no reason to doubt what it has measured. */
async function end(stack: TestStack): Promise<void> {
  try {
    await stack.stop();
  } catch (error) {
    process.stderr.write(
      `${claim.id}: ${error instanceof Error ? error.message : String(error)}\n`,
    );
  }
}

function asFinding(error: unknown): Finding {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const [first = ''] = (error instanceof Error ? error.message : text).split('\n');
  return { figure: `could not be measured: ${first}`, holds: false, faults: [text] };
}
