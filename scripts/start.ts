import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { root } from '../backend/local/stack/paths.ts';
import { assertNotRunning } from '../backend/local/stack/run-file.ts';
import { readSettings, SettingsError } from '../backend/local/stack/settings.ts';
import { buildConsole } from './build-console.ts';
import { build, linkFromRoot } from './build.ts';
import { runConfiguredServer } from './start/configured-server.ts';
import { runLocalStack } from './start/local-stack.ts';

/**
 * Builds the server and runs it: against the Supabase that is configured or, where none is, against a local stack.
 * Exit codes: 0 after Ctrl-C or SIGTERM, 78 for a refused configuration, 130 when ended at once, 1 for anything else.
 */
const { env } = process;

/** The environment with `.env` beneath it which, as in the server, is for development alone. */
function readVariables(): Readonly<Record<string, string | undefined>> {
  const file = join(root, '.env');
  const isDevelopment = (env.NODE_ENV ?? 'development') === 'development';
  return isDevelopment && existsSync(file)
    ? { ...parseEnv(readFileSync(file, 'utf8')), ...env }
    : env;
}

function buildServer(): string {
  let said = false;
  const sayOnce = () => {
    if (!said) console.log('Building...');
    said = true;
  };
  build(sayOnce);
  buildConsole(sayOnce);
  linkFromRoot();
  return join(root, 'backend', 'dist', 'index.js');
}

async function start(): Promise<number> {
  const variables = readVariables();
  if ((variables.SUPABASE_URL ?? '').trim() !== '') return runConfiguredServer(buildServer());
  if (env.NODE_ENV === 'production') {
    console.error(
      'NODE_ENV=production: the local stack is for development only. Configure Supabase (see .env.example).',
    );
    return runConfiguredServer(buildServer());
  }
  const settings = readSettings(variables);
  await assertNotRunning(settings.paths);
  return runLocalStack({ settings, environment: env, serverScript: buildServer() });
}

try {
  process.exit(await start());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(error instanceof SettingsError ? error.exitCode : 1);
}
