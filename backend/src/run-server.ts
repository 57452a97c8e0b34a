import { readFileSync } from 'node:fs';
import { createApp, type App, type Role } from './app.ts';
import { startInstruments, type Instruments } from './instrument.ts';
import {
  ConfigError,
  configExitCode,
  formatFaults,
  loadProcessConfig,
  type LoadedConfig,
} from './kernel/config/index.ts';
import { handleProcessSignals, StartInterrupted } from './kernel/lifecycle/index.ts';
import { createLogger, createLogTap } from './kernel/logging/index.ts';
import type { Module } from './kernel/module/index.ts';

const { version } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string };

/** What reports get to leave where there is no app to stop. */
const flushMs = 2_000;

/** Refuses with every fault and exit code 78, before a port is opened. */
function configure(modules: readonly Module[]): LoadedConfig {
  try {
    return loadProcessConfig(modules);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${[formatFaults(error.faults), ...error.warnings].join('\n')}\n`);
    process.exit(configExitCode);
  }
}

/** Reads the configuration, starts the server and sees to its end: the whole life of the process. */
export async function runServer(
  modules: readonly Module[],
  role: Role = 'api',
  instruments?: Instruments,
): Promise<void> {
  const config = configure(modules);
  const { scrubber, reporter } = instruments ?? (await startInstruments());
  const logTap = createLogTap();
  const logger = createLogger({ ...config.kernel.log, scrubber, tap: logTap });
  logger.info({ settings: config.redacted }, 'Environment validation successful');
  for (const warning of config.warnings) logger.warn(warning);

  let app: App | undefined;
  const crash = handleProcessSignals({
    logger,
    reporter,
    stop: async () => {
      if (app) return app.stop();
      await reporter.flush(flushMs);
      return true;
    },
    shutdownTimeoutMs: config.kernel.lifecycle.shutdownTimeoutMs,
    exit: (code) => process.exit(code),
  });

  try {
    app = createApp({
      config: config.kernel,
      settings: config.modules,
      modules,
      logger,
      logTap,
      scrubber,
      reporter,
      version,
      role,
    });
    const port = await app.start();
    const readyMs = Math.round(performance.now());
    if (role === 'api') logger.info({ port, readyMs }, 'Server ready');
    else logger.info({ readyMs }, 'Worker ready');
    // PM2 and other supervisors wait for this before they send traffic.
    process.send?.('ready');
  } catch (error) {
    // A server that was told to stop before it had started ends in order by itself.
    if (!(error instanceof StartInterrupted)) crash(error, 'The server could not start');
  }
}
