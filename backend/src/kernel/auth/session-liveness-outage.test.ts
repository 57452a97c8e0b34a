import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { authTables } from '../../../test/support/auth-tables.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';
import type { Database } from '../db/index.ts';
import type { AppError } from '../errors/index.ts';
import { createLogger } from '../logging/index.ts';
import type { Claims } from './caller.ts';
import { createSessionLiveness, type SessionLiveness } from './session-liveness.ts';

const lines: string[] = [];
const logger = createLogger({ level: 'debug', destination: { write: (line) => lines.push(line) } });

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
let auth: Database;
let signIn: ReturnType<typeof authTables>['signIn'];
let logOut: ReturnType<typeof authTables>['logOut'];
let relay: TcpRelay;
let db: Database;
let liveness: SessionLiveness;
let aheadMs: number;
let queries: number;

const code = (claims: Claims): Promise<string> =>
  liveness.assertLive(claims).then(
    () => 'live',
    (error: unknown) => (error as AppError).code,
  );

beforeAll(async () => {
  cloned = await openTestDatabase();
  auth = openDatabase(cloned.authUrl);
  ({ signIn, logOut } = authTables(auth));
});

afterAll(async () => {
  await auth.close();
  await cloned.drop();
});

beforeEach(async () => {
  lines.length = 0;
  aheadMs = 0;
  relay = await startTcpRelay(cloned.url);
  db = openDatabase(relay.url, { acquireTimeoutMs: 300 });
  queries = 0;
  liveness = createSessionLiveness({
    database: {
      ...db,
      asLogin: (...call) => {
        queries += 1;
        return db.asLogin(...call);
      },
    },
    config: { sessionCheck: { kind: 'on', intervalMs: 250 } },
    logger,
    clock: () => performance.now() + aheadMs,
  });
});

afterEach(async () => {
  liveness.close();
  await db.close(100);
  await relay.close();
});

describe('when the auth tables cannot be read', () => {
  test('known sessions go on for a minute, then are 503; unknown ones are 503 at once', async () => {
    const [known, unknown] = [await signIn(), await signIn()];
    expect(await code(known)).toBe('live');
    await relay.close();
    expect(await code(unknown)).toBe('AUTH_UNAVAILABLE');
    aheadMs = 59_000;
    expect(await code(known)).toBe('live');
    aheadMs = 61_000;
    expect(await code(known)).toBe('AUTH_UNAVAILABLE');
    relay = await startTcpRelay(cloned.url);
  });

  test('strangers cost the database one question a second, not one each', async () => {
    const strangers = await Promise.all(Array.from({ length: 20 }, () => signIn()));
    await relay.close();
    const ask = async () => {
      for (const stranger of strangers) expect(await code(stranger)).toBe('AUTH_UNAVAILABLE');
    };
    await ask();
    expect(queries).toBe(1);
    aheadMs += 1_000;
    await ask();
    expect(queries).toBe(2);
    relay = await startTcpRelay(cloned.url);
  });

  test('what had ended before stays ended', async () => {
    const claims = await signIn();
    await logOut(claims);
    expect(await code(claims)).toBe('SESSION_REVOKED');
    await relay.close();
    aheadMs = 30_000;
    expect(await code(claims)).toBe('SESSION_REVOKED');
    relay = await startTcpRelay(cloned.url);
  });

  test('nobody waits long although the database does not answer, and watchers are not told', async () => {
    const [known, unknown] = [await signIn(), await signIn()];
    await code(known);
    const told: string[] = [];
    liveness.watch(known, ({ code }) => told.push(code));
    relay.swallow();
    await logOut(known);
    expect(await code(unknown)).toBe('AUTH_UNAVAILABLE');
    // The sweep tries again a second later, and waits for the answer much longer than a request does.
    const end = performance.now() + 2_500;
    while (performance.now() < end) {
      const start = performance.now();
      expect(await code(known)).toBe('live');
      expect(performance.now() - start).toBeLessThan(250);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(await code(unknown)).toBe('AUTH_UNAVAILABLE');
    expect(told).toEqual([]);
    expect(lines.join('')).toContain('Sessions cannot be checked');

    const noticed = new Promise<string>((resolve) => {
      liveness.watch(known, ({ code }) => {
        resolve(code);
      });
    });
    relay.recover();
    expect(await noticed).toBe('SESSION_REVOKED');
    expect(lines.join('')).toContain('Sessions can be checked again');
  }, 30_000);
});
