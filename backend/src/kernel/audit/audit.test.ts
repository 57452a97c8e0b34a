import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { openDatabase } from '../../../test/support/open-database.ts';
import type { Database } from '../db/index.ts';
import { AppError } from '../errors/index.ts';
import { createLogger } from '../logging/index.ts';
import { createScrubber } from '../privacy/index.ts';
import { createAudit, type Audit, type AuditEntry } from './index.ts';

let cloned: ClonedDatabase;
let database: Database;
let audit: Audit;
const lines: string[] = [];

beforeAll(async () => {
  cloned = await openTestDatabase();
  database = openDatabase(cloned.url);
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line) => lines.push(line) },
  });
  audit = createAudit({ database, scrubber: createScrubber(), logger });
});
afterAll(async () => {
  await database.close();
  await cloned.drop();
});

const actorId = '0b0c5dd8-9f0d-4d4e-9f43-6f6a2f3f5a77';
const entry = (target: string, more: Partial<AuditEntry> = {}): AuditEntry => ({
  actorId,
  action: 'things.change',
  target,
  requestId: 'the-request',
  ...more,
});
const found = async (target: string) =>
  (await audit.list({ limit: 100 })).entries.filter((record) => record.target === target);

test('an entry is there while the work is done, and tells how it went after it', async () => {
  const value = await audit.around(
    entry('good', { details: { key: 'api_key=sk_live_abcdef0123456789abcdef' } }),
    async () => {
      expect(await found('good')).toMatchObject([
        { outcome: 'unknown', errorCode: null, result: {} },
      ]);
      return { count: 3, password: 'canary' };
    },
    (result) => result,
  );
  expect(value.count).toBe(3);
  const [record, ...others] = await found('good');
  expect(others).toEqual([]);
  expect(record).toMatchObject({
    actorId,
    action: 'things.change',
    requestId: 'the-request',
    outcome: 'succeeded',
    result: { count: 3 },
  });
  expect(JSON.stringify(record)).not.toMatch(/sk_live|canary/);
});

test('what the work rejects with comes back as it is, and its code is kept', async () => {
  const thrown = new AppError('STATE_CONFLICT');
  await expect(audit.around(entry('bad'), () => Promise.reject(thrown))).rejects.toBe(thrown);
  expect(await found('bad')).toMatchObject([{ outcome: 'failed', errorCode: 'STATE_CONFLICT' }]);
});

test('no work is done where its entry cannot be written', async () => {
  let done = false;
  const work = () => Promise.resolve((done = true));
  await expect(audit.around(entry('nobody', { actorId: 'no uuid' }), work)).rejects.toThrow();
  expect(done).toBe(false);
});

test('work that is done is not taken back where its outcome cannot be written', async () => {
  const rename = (from: string, to: string) =>
    database.asLogin((tx) => tx.query(`alter table bulwark.${from} rename to ${to}`));
  const value = await audit.around(entry('half'), async () => {
    await rename('audit_outcomes', 'hidden');
    return 'done';
  });
  await rename('hidden', 'audit_outcomes');
  expect(value).toBe('done');
  expect(await found('half')).toMatchObject([{ outcome: 'unknown' }]);
  expect(lines.some((line) => line.includes('audit outcome not written'))).toBe(true);
});

test('an entry in the transaction of its effect comes and goes with it, with a caller’s rights too', async () => {
  const caller = { kind: 'user', claims: { payload: { sub: actorId } } } as const;
  await database.asCaller(caller, (tx) => audit.record(tx, entry('kept')));
  await expect(
    database.asCaller(caller, async (tx) => {
      await audit.record(tx, entry('undone'));
      throw new Error('the effect failed');
    }),
  ).rejects.toThrow('the effect failed');
  expect(await found('kept')).toMatchObject([{ outcome: 'succeeded' }]);
  expect(await found('undone')).toEqual([]);
});

test('an entry explains and is no archive', async () => {
  const details = { text: Array.from({ length: 100 }, () => 'word '.repeat(100)) };
  const target = 'a place '.repeat(100);
  await audit.around(entry(target, { details }), () => Promise.resolve());
  expect(await found(target.slice(0, 300))).toMatchObject([{ details: { omitted: 'too big' } }]);
});

test('a part of an action finds all that begins with it, up to the dot', async () => {
  await audit.around(entry('one', { action: 'parts.one' }), () => Promise.resolve());
  await audit.around(entry('two', { action: 'partsmore.two' }), () => Promise.resolve());
  const { entries } = await audit.list({ limit: 10, action: 'parts', actorId });
  expect(entries.map(({ action }) => action)).toEqual(['parts.one']);
});
