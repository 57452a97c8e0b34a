/**
 * The emulator as a process of its own. A parent with an IPC channel is sent
 * `{ type: 'ready', url, anonKey, serviceRoleKey }`, and takes the process with it when it goes.
 * Ends with exit code 0 after SIGTERM or SIGINT, with 1 where it cannot start.
 */
import { startAuthIssuer } from './issuer.ts';
import type { AuthIssuer } from './issuer.ts';

const { env } = process;

function start(): Promise<AuthIssuer> {
  const { DATABASE_URL: databaseUrl = '', HOST: host = '', PUBLIC_URL: publicUrl = '' } = env;
  if (databaseUrl === '') throw new Error('DATABASE_URL is missing');
  return startAuthIssuer({
    databaseUrl,
    port: wholeNumber('PORT', 54321),
    ...(host !== '' && { host }),
    ...(publicUrl !== '' && { publicUrl }),
    accessTokenTtlSeconds: wholeNumber('ACCESS_TOKEN_TTL_SECONDS', 3600),
    refreshReuseIntervalSeconds: wholeNumber('REFRESH_REUSE_INTERVAL_SECONDS', 0),
    logger: { error: log },
  });
}

function wholeNumber(name: string, fallback: number): number {
  const text = env[name] ?? '';
  if (text === '') return fallback;
  if (!/^\d+$/.test(text)) throw new Error(`${name} must be a whole number`);
  return Number(text);
}

function log(fields: object, message: string): void {
  console.error(JSON.stringify({ time: new Date().toISOString(), message, ...fields }));
}

try {
  const starting = start();
  // Listened for from the first moment: a parent may go while the database is still being reached.
  const stop = () => {
    starting
      .then((issuer) => issuer.close())
      .then(
        () => process.exit(0),
        () => process.exit(1),
      );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);

  const { url, anonKey, serviceRoleKey } = await starting;
  if (process.send) process.send({ type: 'ready', url, anonKey, serviceRoleKey });
  else console.log(`The auth emulator listens on ${url}`);
} catch (error) {
  console.error(`The auth emulator did not start: ${describe(error)}`);
  process.exit(1);
}

/** A refused connection to a name with several addresses has no message of its own. */
function describe(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(describe).join(', ');
  return error instanceof Error ? error.message : String(error);
}
