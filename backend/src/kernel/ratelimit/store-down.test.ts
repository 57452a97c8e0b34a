import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { ClonedDatabase } from '../../../local/postgres/templates.ts';
import { openTestDatabase } from '../../../test/support/database.ts';
import { limitOf, startLimiter, type TestLimiter } from '../../../test/support/rate-limiters.ts';
import { startTcpRelay, type TcpRelay } from '../../../test/support/tcp-relay.ts';

let database: ClonedDatabase;
let relay: TcpRelay;
let limiter: TestLimiter;

beforeAll(async () => {
  database = await openTestDatabase();
});
beforeEach(async () => {
  relay = await startTcpRelay(database.url);
  limiter = startLimiter(relay.url, 500);
});
afterEach(async () => {
  await limiter.close();
  await relay.close();
});
afterAll(async () => {
  await database.drop();
});

const down = 'Rate limits are counted in this process alone';
const upAgain = 'Rate limits are counted over all processes again';
const storeUp = () => limiter.metric('bulwark_rate_limit_store_up');

/** Resolves when the log has said it. */
async function untilSaid(text: string): Promise<void> {
  while (!limiter.said.includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('while the store is silent the limits hold in this process, and nobody waits any more', async () => {
  expect(await limiter.take('expensive', 'a')).toBe(limitOf - 1);
  expect(await storeUp()).toBe(1);
  relay.swallow();
  // Whoever comes first waits for the store, and is then counted here.
  const first = await Promise.all(
    Array.from({ length: 3 * limitOf }, () => limiter.take('expensive', 'a')),
  );
  expect(first.filter((answer) => answer !== 'limited')).toHaveLength(limitOf - 1);
  expect(limiter.said).toEqual([down]);
  expect(await storeUp()).toBe(0);
  for (let count = 0; count < limitOf; count += 1)
    expect(limiter.takesAtOnce('auth-sensitive', 'b')).toBe(true);
  expect(await limiter.take('auth-sensitive', 'b')).toBe('limited');
});

test('when the store is back it is told what was counted meanwhile', async () => {
  relay.swallow();
  expect(await limiter.take('expensive', 'c')).toBe(limitOf - 1);
  expect(await limiter.take('expensive', 'c')).toBe(limitOf - 2);
  relay.recover();
  await untilSaid(upAgain);
  expect(limiter.said).toEqual([down, upAgain]);
  expect(await storeUp()).toBe(1);
  const other = startLimiter(database.url);
  const left = await other.take('expensive', 'c');
  await other.close();
  // What was on its way when the store fell silent may be counted twice, never not at all.
  expect([limitOf - 3, limitOf - 4]).toContain(left);
});
