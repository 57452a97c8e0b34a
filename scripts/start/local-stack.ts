import { ChildFailed } from '../../backend/local/stack/child-process.ts';
import { signIn } from '../../backend/local/stack/demo-users.ts';
import { createLogPrinter } from '../../backend/local/stack/log-printer.ts';
import { runStack, type StackOptions } from '../../backend/local/stack/stack.ts';
import { modules } from '../../backend/src/modules.ts';
import { migrateLocal } from '../migrate-local.ts';
import { banner } from './banner.ts';
import { onStopSignals } from './stop-signals.ts';

type LocalStackOptions = Pick<StackOptions, 'settings' | 'environment' | 'serverScript'>;

/** Postgres, the auth issuer and the server, until Ctrl-C. Resolves with the exit code. */
export async function runLocalStack(options: LocalStackOptions): Promise<number> {
  const say = (line: string) => {
    console.log(line);
  };
  const printer = createLogPrinter(process.stdout);
  const stop = new AbortController();
  const kill = new AbortController();
  onStopSignals(
    () => {
      say('\nStopping... (Ctrl-C once more ends everything at once)');
      stop.abort();
    },
    () => {
      kill.abort();
    },
  );

  try {
    await runStack({
      ...options,
      migrate: migrateLocal,
      say,
      onLine: printer.write,
      stop: stop.signal,
      kill: kill.signal,
      async onUp(stack, database) {
        const token = await signIn(stack, stack.users.demo);
        const { stackFile } = options.settings.paths;
        printer.flush();
        say(
          banner({ stack, stackFile, database, token, modules: modules.map(({ name }) => name) }),
        );
        printer.open();
      },
    });
    say('Everything is stopped.');
    return kill.signal.aborted ? 130 : 0;
  } catch (error) {
    printer.flush();
    console.error(error instanceof Error ? error.message : error);
    return error instanceof ChildFailed ? error.exitCode : 1;
  }
}
