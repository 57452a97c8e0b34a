import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { authTables, claimsFor } from '../../../test/support/auth-tables.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import type { Database, Work } from '../db/index.ts';
import type { AppError } from '../errors/index.ts';
import { createLogger } from '../logging/index.ts';
import type { Claims } from './caller.ts';
import { createSessionLiveness, type SessionLiveness } from './session-liveness.ts';

const logger = createLogger({ level: 'silent' });

let cloned: Awaited<ReturnType<typeof openTestDatabase>>;
/** The auth service's own connection. */
let auth: Database;
let change: ReturnType<typeof authTables>['change'];
let signIn: ReturnType<typeof authTables>['signIn'];
let logOut: ReturnType<typeof authTables>['logOut'];
let db: Database;
let queries: number;
let liveness: SessionLiveness;
let aheadMs: number;

/** The same database; counts the transactions that liveness opens. */
function counting(database: Database): Database {
  return {
    ...database,
    asLogin: <T>(work: Work<T>, ...rest: [object?]) => {
      queries += 1;
      return database.asLogin(work, ...rest);
    },
  };
}

function start(intervalMs: number): SessionLiveness {
  const config = { sessionCheck: { kind: 'on', intervalMs } } as const;
  const clock = () => performance.now() + aheadMs;
  return createSessionLiveness({ database: counting(db), config, logger, clock });
}

const code = (claims: Claims): Promise<string> =>
  liveness.assertLive(claims).then(
    () => 'live',
    (error: unknown) => (error as AppError).code,
  );
/** Resolves with the code that the watcher is told. */
const ended = (claims: Claims): Promise<string> =>
  new Promise((resolve) => {
    liveness.watch(claims, (error) => {
      resolve(error.code);
    });
  });
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 10));
}

beforeAll(async () => {
  cloned = await openTestDatabase();
  auth = openDatabase(cloned.authUrl);
  ({ change, signIn, logOut } = authTables(auth));
});

afterAll(async () => {
  await auth.close();
  await cloned.drop();
});

beforeEach(() => {
  queries = 0;
  aheadMs = 0;
  db = openDatabase(cloned.url);
  liveness = start(250);
});

afterEach(async () => {
  liveness.close();
  await db.close();
});

describe('a session', () => {
  const endings: [string, string, (claims: Claims) => Promise<unknown>][] = [
    ['logged out', 'SESSION_REVOKED', (claims) => logOut(claims)],
    [
      'past its longest time',
      'SESSION_REVOKED',
      ({ sessionId }) =>
        change('UPDATE auth.sessions SET not_after = now() WHERE id = $1', sessionId),
    ],
    [
      'of a banned user',
      'USER_BANNED',
      ({ sub }) =>
        change("UPDATE auth.users SET banned_until = now() + '1 day' WHERE id = $1", sub),
    ],
    [
      'of a user marked as deleted',
      'SESSION_REVOKED',
      ({ sub }) => change('UPDATE auth.users SET deleted_at = now() WHERE id = $1', sub),
    ],
    [
      'of a deleted user',
      'SESSION_REVOKED',
      ({ sub }) => change('DELETE FROM auth.users WHERE id = $1', sub),
    ],
  ];

  test.each(endings)(
    'that is %s is refused with %s at first sight',
    async (_what, expected, end) => {
      const claims = await signIn();
      await end(claims);
      expect(await code(claims)).toBe(expected);
    },
  );

  test.each(endings)(
    'that is found %s ends with %s for requests and watchers',
    async (_what, expected, end) => {
      const claims = await signIn();
      expect(await code(claims)).toBe('live');
      const told = ended(claims);
      await end(claims);
      expect(await told).toBe(expected);
      expect(await code(claims)).toBe(expected);
    },
  );

  test('of somebody else does not count', async () => {
    const [ada, bob] = [await signIn(), await signIn()];
    expect(await code(claimsFor(ada.sub, bob.sessionId))).toBe('SESSION_REVOKED');
  });

  test('comes back to life when the ban is lifted or has run out', async () => {
    const claims = await signIn();
    await change("UPDATE auth.users SET banned_until = now() + '1 day' WHERE id = $1", claims.sub);
    expect(await code(claims)).toBe('USER_BANNED');
    await change('UPDATE auth.users SET banned_until = now() WHERE id = $1', claims.sub);
    await until(async () => (await code(claims)) === 'live');
  });

  test('that a token does not name leaves the user to be looked at', async () => {
    const claims = { ...(await signIn()), sessionId: undefined };
    expect(await code(claims)).toBe('live');
    const told = ended(claims);
    await change('DELETE FROM auth.users WHERE id = $1', claims.sub);
    expect(await told).toBe('SESSION_REVOKED');
  });
});

describe('the number of queries', () => {
  test('a crowd that comes at once is looked up in one query', async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, () => signIn()));
    expect(new Set(await Promise.all(crowd.map(code)))).toEqual(new Set(['live']));
    expect(queries).toBe(1);
  });

  test('a known session costs a request no query', async () => {
    const claims = await signIn();
    await code(claims);
    const before = queries;
    const answers = Array.from({ length: 1_000 }, () => liveness.assertLive(claims));
    expect(queries).toBe(before);
    await Promise.all(answers);
  });

  test('all sessions in use are swept in one query', async () => {
    const crowd = await Promise.all(Array.from({ length: 30 }, () => signIn()));
    await Promise.all(crowd.map(code));
    const before = queries;
    const told = ended(crowd[7] as Claims);
    await logOut(crowd[7] as Claims);
    await told;
    expect(queries - before).toBeLessThanOrEqual(2);
  });

  test('sessions that nobody uses leave the sweep, watched ones stay', async () => {
    const [idle, watched] = [await signIn(), await signIn()];
    await Promise.all([code(idle), code(watched)]);
    const told = ended(watched);
    aheadMs = 61_000;
    await logOut(watched);
    expect(await told).toBe('SESSION_REVOKED');
    const swept = queries;
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(queries).toBe(swept);
  });

  test('with an interval of nothing every request looks, and sockets are told all the same', async () => {
    liveness.close();
    liveness = start(0);
    const claims = await signIn();
    expect(await code(claims)).toBe('live');
    const told = ended(claims);
    await logOut(claims);
    expect(await code(claims)).toBe('SESSION_REVOKED');
    expect(await told).toBe('SESSION_REVOKED');
  });
});

describe('watching', () => {
  test('every watcher of a session is told once, those who left are not', async () => {
    const claims = await signIn();
    const told: string[] = [];
    const watch = (name: string) =>
      liveness.watch(claims, ({ code }) => told.push(`${name} ${code}`));
    watch('one');
    const leave = watch('two');
    watch('three');
    leave();
    leave();
    await logOut(claims);
    await ended(claims);
    expect(told).toEqual(['one SESSION_REVOKED', 'three SESSION_REVOKED']);
    await until(async () => (await code(claims)) === 'SESSION_REVOKED');
    expect(told).toHaveLength(2);
  });

  test('of a session that had ended before is told as well', async () => {
    const claims = await signIn();
    await logOut(claims);
    expect(await ended(claims)).toBe('SESSION_REVOKED');
  });

  test('one that throws does not keep the others from being told', async () => {
    const claims = await signIn();
    liveness.watch(claims, () => {
      throw new Error('mine');
    });
    const told = ended(claims);
    await logOut(claims);
    expect(await told).toBe('SESSION_REVOKED');
  });
});

describe('switched off', () => {
  test('everything is live and nothing is asked', async () => {
    const off = createSessionLiveness({
      database: counting(db),
      config: { sessionCheck: { kind: 'off' } },
      logger,
    });
    await off.assertLive(claimsFor(randomUUID(), randomUUID()));
    off.watch(claimsFor(randomUUID(), undefined), () => undefined)();
    off.close();
    expect(queries).toBe(0);
  });
});
