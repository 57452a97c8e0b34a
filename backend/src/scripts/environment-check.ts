import {
  ConfigError,
  configExitCode,
  formatFaults,
  loadProcessConfig,
} from '../kernel/config/index.ts';
import { modules } from '../modules.ts';

/** Checks the configuration as the server would, without starting anything. Exit code 0, or 78 (EX_CONFIG). */
try {
  const { redacted, warnings } = loadProcessConfig(modules);
  console.log('Environment validation successful');
  for (const [name, text] of Object.entries(redacted)) console.log(`${name}=${text}`);
  warn(warnings);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error('Environment validation failed');
  console.error(formatFaults(error.faults));
  warn(error.warnings);
  process.exitCode = configExitCode;
}

function warn(warnings: readonly string[]): void {
  for (const warning of warnings) console.error(`warning: ${warning}`);
}
