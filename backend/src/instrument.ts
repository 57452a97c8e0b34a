import { existsSync, readFileSync } from 'node:fs';
import { ConfigError, loadProcessConfig } from './kernel/config/index.ts';
import { createScrubber, type Scrubber } from './kernel/privacy/index.ts';
import {
  createErrorReporter,
  silentReporter,
  type ErrorReporter,
} from './kernel/telemetry/index.ts';

/** What watches over the process before anything else of it is loaded. */
export interface Instruments {
  readonly scrubber: Scrubber;
  readonly reporter: ErrorReporter;
}

/** Reads the kernel's part of the configuration. Where that is refused nothing is reported: the start will say why. */
export async function startInstruments(): Promise<Instruments> {
  try {
    const { environment, privacy, sentry } = loadProcessConfig([]).kernel;
    const scrubber = createScrubber(privacy);
    const services = { scrubber, environment, commit: builtCommit() };
    return { scrubber, reporter: await createErrorReporter(sentry, services) };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { scrubber: createScrubber(), reporter: silentReporter };
  }
}

/** The commit that was built, as the build has noted it beside the program; undefined where there was no repository. */
function builtCommit(): string | undefined {
  const note = new URL('./build-info.json', import.meta.url);
  if (!existsSync(note)) return undefined;
  return (JSON.parse(readFileSync(note, 'utf8')) as { commit?: string }).commit;
}
