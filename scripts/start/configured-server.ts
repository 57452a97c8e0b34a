import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { root } from '../../backend/local/stack/paths.ts';
import { createLogPrinter } from '../../backend/local/stack/log-printer.ts';
import { onStopSignals } from './stop-signals.ts';

/** The server alone, against the Supabase that is configured; it refuses by itself what is missing. */
export async function runConfiguredServer(serverScript: string): Promise<number> {
  // In a session of its own, so that one Ctrl-C reaches it once, by us.
  const child = spawn(process.execPath, [serverScript], {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const printer = createLogPrinter(process.stdout);
  printer.open();
  for (const input of [child.stdout, child.stderr]) {
    createInterface({ input }).on('line', printer.write);
  }
  const forward = (signal: NodeJS.Signals) => {
    child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
  };
  onStopSignals(forward, forward);
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
