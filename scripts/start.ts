import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { signIn } from '../backend/local/stack/demo-users.ts';
import { root } from '../backend/local/stack/paths.ts';
import { startStack, type Stack } from '../backend/local/stack/stack.ts';
import { build, linkFromRoot } from './build.ts';
import { migrateLocal } from './migrate-local.ts';
import { banner } from './start/banner.ts';
import { createLogPrinter } from './start/log-printer.ts';

const serverScript = join(root, 'backend', 'dist', 'index.js');
const say = (line: string): void => {
  console.log(line);
};

/** Whether the environment or `.env` names a Supabase: then nothing local is started. */
function supabaseIsConfigured(): boolean {
  const file = join(root, '.env');
  const fromFile = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return (process.env.SUPABASE_URL ?? fromFile.SUPABASE_URL ?? '') !== '';
}

/** The server alone, against what is configured; it refuses what is missing by itself. */
function runServer(): void {
  const child = spawn(process.execPath, [serverScript], { cwd: root, stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    // The terminal sends Ctrl-C to the server as well; this process only waits for its end.
    process.on(signal, () =>
      signal === 'SIGINT' && process.stdin.isTTY ? undefined : child.kill(signal),
    );
  }
  child.on('exit', (code) => process.exit(code ?? 1));
}

async function runLocalStack(): Promise<void> {
  const printer = createLogPrinter(process.stdout);
  const running: { stack?: Stack } = {};
  let stopping: Promise<void> | undefined;
  let stopRequestedAt = 0;

  const stop = (code: number) => {
    stopping ??= (async () => {
      say('\nStopping...');
      await running.stack?.stop();
      say('Everything is stopped.');
      process.exit(code);
    })();
    return stopping;
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // npm and the terminal may both pass on one Ctrl-C; only a later one means "at once".
      const again = stopRequestedAt > 0 && Date.now() - stopRequestedAt > 2_000;
      if (stopRequestedAt === 0) stopRequestedAt = Date.now();
      if (again) process.exit(130);
      if (running.stack) void stop(0);
    });
  }

  const stack = await startStack({
    env: process.env,
    migrate: migrateLocal,
    serverScript,
    say,
    onOutput: (_name, chunk) => {
      printer.write(chunk);
    },
  });
  running.stack = stack;
  if (stopRequestedAt > 0) {
    await stop(0);
    return;
  }
  const token = await signIn(stack.file, stack.file.users.demo);
  printer.flush();
  say(banner(stack.file, stack.database, token));
  printer.open();

  const ended = await stack.failed;
  if (!stopping) {
    console.error(`${ended} ended unexpectedly.`);
    await stop(1);
  }
}

say('Building...');
build();
linkFromRoot();
if (supabaseIsConfigured() || process.env.NODE_ENV === 'production') {
  if (!supabaseIsConfigured()) {
    console.error(
      'NODE_ENV=production: the local stack is for development only. Configure Supabase (see .env.example).',
    );
  }
  runServer();
} else {
  runLocalStack().catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  });
}
