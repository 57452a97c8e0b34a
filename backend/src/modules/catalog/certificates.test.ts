import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Sandbox, startSandbox } from '../../../local/providers/sandbox.ts';
import { startTestApp, type TestApp } from '../../../test/support/app.ts';
import type { CertificateAnswer } from './certificate-schema.ts';

let sandbox: Sandbox;
let app: TestApp;
let client: Client;
let authorization: string;

beforeAll(async () => {
  sandbox = await startSandbox();
  app = await startTestApp({
    environment: { ...sandbox.environment, RATE_LIMIT_EXPENSIVE: '1000', PSA_CALLS_PER_DAY: '60' },
  });
  authorization = `Bearer ${(await app.signUp()).accessToken}`;
  client = new Client({ connectionString: app.database.url });
  await client.connect();
}, 30_000);
afterAll(async () => {
  await client.end();
  await app.stop();
  await sandbox.close();
});
afterEach(() => {
  sandbox.heal('psa');
  sandbox.provider('psa').log.clear();
});

const look = (number: string | number, of = app) =>
  strangerLooks(number, of).set({ authorization });
const strangerLooks = (number: string | number, { request } = app) =>
  request.get(`/api/v1/catalog/certificates/${number}`);
const found = async (number: number): Promise<CertificateAnswer> => {
  const response = await look(number);
  expect([response.status, response.body]).toEqual([200, expect.anything()]);
  return response.body as CertificateAnswer;
};
const callsCounted = async (): Promise<number> =>
  (await client.query<{ calls: number }>(`select calls from catalog.provider_calls`)).rows[0]
    ?.calls ?? 0;
/** As if it had been looked up so long ago. */
async function age(number: number, hours: number): Promise<void> {
  await client.query(
    `update catalog.certificates set looked_up_at = looked_up_at - make_interval(hours => $2) where number = $1`,
    [String(number), hours],
  );
}
/** The same in the cache, of which only Postgres is asked: what the process itself remembers is still fresh. */
async function ageCached(number: number, hours: number): Promise<void> {
  await client.query(
    `update bulwark.cache_entries
     set stored_at = stored_at - make_interval(hours => $2), fresh_until = fresh_until - make_interval(hours => $2)
     where cache = 'catalog.certificates' and key = $1`,
    [String(number), hours],
  );
  await app.restart();
}
/** When it was asked for anew behind a stale answer. */
async function askedAnew(number: number): Promise<CertificateAnswer> {
  let now = await found(number);
  for (const giveUpAt = Date.now() + 10_000; now.state === 'stale' && Date.now() < giveUpAt;)
    now = await found(number);
  expect(now.state).toBe('fresh');
  return now;
}

test('a certificate is asked for once, then known, with its age', async () => {
  const first = await look(12345678);
  expect(first.body).toMatchObject({
    number: '12345678',
    state: 'miss',
    ageSeconds: 0,
    images: [{ side: 'front' }, { side: 'back' }],
  });
  const second = await look(12345678);
  expect(second.body).toMatchObject({ number: '12345678', state: 'fresh' });
  expect(second.headers.age).toBe(String((second.body as CertificateAnswer).ageSeconds));
  expect(sandbox.calls('psa')).toHaveLength(2);
  expect(await callsCounted()).toBe(2);
});

test('for a week after its day it is shown at once, and asked for anew behind that', async () => {
  const { lookedUpAt } = await found(34567890);
  await ageCached(34567890, 3 * 24);
  const stale = await found(34567890);
  expect(stale).toMatchObject({ state: 'stale', lookedUpAt });
  expect(stale.ageSeconds).toBeGreaterThan(2 * 86_400);
  const now = await askedAnew(34567890);
  expect(now.lookedUpAt).not.toBe(lookedUpAt);
  expect(sandbox.calls('psa')).toHaveLength(4);
});

test('a hundred who ask at once are one lookup', async () => {
  const answers = await Promise.all(Array.from({ length: 100 }, () => found(23456789)));
  expect(new Set(answers.map(({ number }) => number))).toEqual(new Set(['23456789']));
  expect(sandbox.calls('psa')).toHaveLength(2);
});

test('one that was never given out is not found, remembered, and costs one call', async () => {
  const before = await callsCounted();
  expect((await look(12345600)).status).toBe(404);
  expect((await look(12345600)).status).toBe(404);
  expect(sandbox.calls('psa')).toHaveLength(1);
  expect(await callsCounted()).toBe(before + 1);
});

test('a stranger is shown what is known, and PSA is not asked', async () => {
  expect(await strangerLooks(45454545)).toMatchObject({
    status: 401,
    body: { error: 'UNAUTHENTICATED' },
  });
  expect(sandbox.calls('psa')).toEqual([]);
  await found(45454545);
  await look(45454500);
  const asked = sandbox.calls('psa').length;
  expect((await strangerLooks(45454545)).body).toMatchObject({ state: 'fresh' });
  expect((await strangerLooks(45454500)).status).toBe(404);
  await ageCached(45454545, 3 * 24);
  expect((await strangerLooks(45454545)).body).toMatchObject({ state: 'stale' });
  await client.query(`delete from bulwark.cache_entries`);
  await app.restart();
  expect((await strangerLooks(45454545)).body).toMatchObject({ state: 'stale' });
  expect(sandbox.calls('psa')).toHaveLength(asked);
});

test('one without images has none', async () => {
  expect((await found(12345675)).images).toEqual([]);
});

test.each(['1234', '12345678901', 'abc', '1234567a', '%2e%2e', '12345678%00'])(
  '%s is no number of a certificate, and PSA is not asked',
  async (number) => {
    const response = await look(number);
    expect(response.status).toBe(400);
    expect(sandbox.calls('psa')).toEqual([]);
  },
);

describe('when PSA does not give the images', () => {
  const noImages = { status: 500, path: 'GetImages' };

  test('the certificate is shown without them, and they come an hour later', async () => {
    sandbox.misbehave('psa', noImages);
    const without = await found(11111111);
    expect(without).toMatchObject({ number: '11111111', state: 'miss', images: [] });
    sandbox.heal('psa');
    expect(await found(11111111)).toMatchObject({ state: 'fresh', images: [] });
    expect(sandbox.calls('psa')).toHaveLength(2);
    await ageCached(11111111, 1);
    expect(await found(11111111)).toMatchObject({ state: 'stale', images: [] });
    const { images } = await askedAnew(11111111);
    expect(images).toMatchObject([{ side: 'front' }, { side: 'back' }]);
  });

  test('those that are known are kept', async () => {
    const { images } = await found(22222222);
    await client.query(`delete from bulwark.cache_entries`);
    await app.restart();
    sandbox.misbehave('psa', noImages);
    expect(await found(22222222)).toMatchObject({ state: 'miss', images });
  });
});

describe('when PSA cannot be asked', () => {
  test.each<[string, Parameters<Sandbox['misbehave']>[1], number, string]>([
    ['fails', { status: 500, forNext: 1 }, 503, 'UPSTREAM_UNAVAILABLE'],
    ['talks nonsense', { garbage: true, forNext: 1 }, 502, 'UPSTREAM_INVALID_RESPONSE'],
    ['cuts the connection', { reset: true, forNext: 1 }, 503, 'UPSTREAM_UNAVAILABLE'],
    ['refuses', { status: 403, forNext: 1 }, 502, 'UPSTREAM_REJECTED'],
  ])(
    'as it %s, the answer says so, and each call is counted and not tried again',
    async (_how, faults, status, code) => {
      const number =
        30_000_001 + status + (faults.reset === true ? 1000 : 0) + (faults.status ?? 0) * 10_000;
      sandbox.misbehave('psa', faults);
      const response = await look(number);
      expect([response.status, response.body]).toEqual([
        status,
        expect.objectContaining({ error: code }),
      ]);
      expect(sandbox.calls('psa')).toHaveLength(1);
      // Nothing of it is remembered.
      expect((await found(number)).state).toBe('miss');
    },
  );

  test('one that was ever known is shown as it was, with its age', async () => {
    await found(44444444);
    await age(44444444, 24 * 30);
    // Nothing of it is left in the cache.
    await client.query(`delete from bulwark.cache_entries`);
    await app.restart();
    sandbox.misbehave('psa', { status: 500 });
    const known = await found(44444444);
    expect(known.state).toBe('stale');
    expect(known.ageSeconds).toBeGreaterThan(29 * 86_400);
  });
});

describe('the calls of a day', () => {
  const used = (calls: number) =>
    client.query(`update catalog.provider_calls set calls = $1`, [calls]);

  test('are kept: the next one has a code of its own and says when to come back', async () => {
    await used(59);
    const response = await look(55555551);
    expect(response.status).toBe(503);
    expect(response.body).toMatchObject({ error: 'UPSTREAM_QUOTA_EXCEEDED', provider: 'psa' });
    const untilMidnight = new Date().setUTCHours(24, 0, 0, 0) - Date.now();
    const retryAfter = Number(response.headers['retry-after']) * 1000;
    expect(Math.abs(retryAfter - untilMidnight)).toBeLessThan(10_000);
    expect(sandbox.calls('psa')).toEqual([]);
  });

  test('are counted over all servers', async () => {
    await used(56);
    const other = await startTestApp({
      stack: app.stack,
      environment: {
        ...sandbox.environment,
        RATE_LIMIT_EXPENSIVE: '1000',
        PSA_CALLS_PER_DAY: '60',
      },
    });
    try {
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, nr) => look(66666601 + nr, nr % 2 === 0 ? app : other)),
      );
      const statuses = answers.map(({ status }) => status).sort();
      expect(statuses).toEqual([200, 200, ...Array<number>(8).fill(503)]);
      expect(sandbox.calls('psa')).toHaveLength(4);
    } finally {
      await other.stop();
    }
  });

  test('are used up when PSA says so, whatever was counted', async () => {
    await used(0);
    sandbox.misbehave('psa', { quota: { remaining: 0 } });
    expect((await look(77777771)).body).toMatchObject({ error: 'UPSTREAM_QUOTA_EXCEEDED' });
    expect(sandbox.calls('psa')).toHaveLength(1);
    // Nobody asks again today.
    expect((await look(77777772)).body).toMatchObject({ error: 'UPSTREAM_QUOTA_EXCEEDED' });
    expect(sandbox.calls('psa')).toHaveLength(1);
    expect(await callsCounted()).toBeGreaterThanOrEqual(60);
    // What is known is still answered.
    expect((await found(12345678)).number).toBe('12345678');
  });

  test('are used up too when PSA says so of the images, and the certificate is kept', async () => {
    await used(0);
    await client.query(`delete from bulwark.provider_breakers`);
    await app.restart();
    sandbox.misbehave('psa', { rate429: { retryAfterSeconds: 1 }, path: 'GetImages' });
    expect((await found(88888881)).images).toEqual([]);
    expect((await look(88888882)).body).toMatchObject({ error: 'UPSTREAM_QUOTA_EXCEEDED' });
    expect(sandbox.calls('psa')).toHaveLength(2);
    expect(await callsCounted()).toBeGreaterThanOrEqual(60);
    expect((await found(88888881)).number).toBe('88888881');
  });
});
