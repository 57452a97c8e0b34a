import { readFileSync } from 'node:fs';
import { createChecks } from '../checks.ts';
import { defineClaim, type Surroundings } from '../claim.ts';
import { unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, summarize } from '../measure/summary.ts';

const megabyte = 1024 ** 2;
const boundBytes = 150 * megabyte;
/** With some kilobytes of answers to each, enough lines to fill a pipe many times over. */
const rate = 150;
const seconds = 6;

export default defineClaim({
  id: 'log-destination-gone',
  phase: 5,
  claim:
    'Where nobody takes its log lines, because the reader is gone or does not read, the server goes on serving, in bounded memory, and stops in order.',
  bound: 'every request 200; memory grows by less than 150 MiB; SIGTERM ends it with 0',
  seconds: 22,
  async measure(surroundings) {
    const { check, finding } = createChecks(surroundings.progress);
    const figures: string[] = [];
    for (const how of ['gone', 'does not read'] as const) {
      await check(`the reader ${how === 'gone' ? 'is gone' : how}`, async () => {
        figures.push(`${how}: ${await serveWithout(how, surroundings)}`);
      });
    }
    return { ...finding(), figure: figures.join('; ') };
  },
});

async function serveWithout(
  how: 'gone' | 'does not read',
  { startServer, signal }: Surroundings,
): Promise<string> {
  const { child, url, ended } = await startServer({ script: 'probe.ts', environment: unlimited });
  if (how === 'gone') child.stdout?.destroy();
  else child.stdout?.pause();
  const before = memoryOf(child.pid);
  const { counts, sent } = summarize(
    await startLoad({
      rate,
      seconds,
      connections: 30,
      request: () => ({ url: `${url}/api/v1/probe/slow?ms=1` }),
      signal,
    }).finished,
  );
  const grown = memoryOf(child.pid) - before;
  if (counts['200'] !== sent) throw new Error(describeCounts(counts));
  if (grown > boundBytes) throw new Error(`grew by ${Math.round(grown / megabyte)} MiB`);
  child.kill('SIGTERM');
  // The streams are not at their end while nobody reads them.
  const exited = new Promise((resolve) => child.once('exit', resolve));
  if ((await Promise.race([exited, ended])) !== 0) throw new Error('did not end with 0');
  child.stdout?.resume();
  return `${describeCounts(counts)}, memory +${Math.round(grown / megabyte)} MiB`;
}

/** Bytes in use, of Linux' own account. */
function memoryOf(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid ?? ''}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? NaN) * 1024;
}
