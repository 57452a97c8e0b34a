import type { Role } from './app-options.ts';
import { startInstruments } from './instrument.ts';

/** Runs the server with its instruments started first of all, so that what fails while the rest is loaded is reported, too. */
export async function runInstrumented(role: Role): Promise<void> {
  const instruments = await startInstruments();
  try {
    const [{ modules }, { runServer }] = await Promise.all([
      import('./modules.ts'),
      import('./run-server.ts'),
    ]);
    await runServer(modules, role, instruments);
  } catch (error) {
    instruments.reporter.report(error, { kind: 'startup', code: 'LOAD_FAILED' });
    await instruments.reporter.flush(2_000);
    throw error;
  }
}
