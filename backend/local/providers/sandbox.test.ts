import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { startSandbox, type Sandbox } from './sandbox.ts';
import { variablesFor } from './variables.ts';

interface Page {
  data: { id: string; name: string; variants: { price: number; lastUpdated: number }[] }[];
  meta: { total: number; limit: number; offset: number; hasMore: boolean };
  _metadata: { apiDailyRequestsRemaining: number; apiDailyLimit: number };
}

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox();
});
afterAll(() => sandbox.close());
beforeEach(() => {
  for (const name of ['justtcg', 'psa']) {
    sandbox.heal(name);
    sandbox.provider(name).log.clear();
  }
});

function ask(name: string, path: string, init: RequestInit = {}): Promise<Response> {
  const { baseUrl, key } = sandbox.provider(name);
  return fetch(`${baseUrl}${path}`, {
    headers: {
      'x-api-key': key,
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
    },
    signal: AbortSignal.timeout(5_000),
    ...init,
  });
}
const answer = async <T>(response: Promise<Response>): Promise<T> =>
  (await (await response).json()) as T;
const control = (path: string, method = 'GET', body?: unknown): Promise<Response> =>
  fetch(`${sandbox.url}/_sandbox${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

const aSet = 'first-light-pokemon';
const cards = (query = '') => ask('justtcg', `/cards?game=pokemon&set=${aSet}${query}`);

describe('JustTCG', () => {
  test('has games, sets and pages of cards that together are the whole set', async () => {
    const { data: games } = await answer<{ data: { id: string; cards_count: number }[] }>(
      ask('justtcg', '/games'),
    );
    expect(games.length).toBeGreaterThan(3);
    expect(games.reduce((sum, game) => sum + game.cards_count, 0)).toBeGreaterThan(3_000);
    const sets = await answer<Page>(ask('justtcg', '/sets?limit=100'));
    expect(sets.meta.total).toBeGreaterThan(36);

    const ids: string[] = [];
    for (let offset = 0, more = true; more; offset += 50) {
      const page = await answer<Page>(cards(`&limit=50&offset=${offset}`));
      expect(page.meta).toMatchObject({ limit: 50, offset });
      ids.push(...page.data.map(({ id }) => id));
      more = page.meta.hasMore;
      if (!more) expect(page.meta.total).toBe(ids.length);
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('says in each answer how many calls are left', async () => {
    const first = await answer<Page>(cards());
    const second = await answer<Page>(cards());
    expect(second._metadata.apiDailyRequestsRemaining).toBe(
      first._metadata.apiDailyRequestsRemaining - 1,
    );
  });

  test('looks up a batch by card and by variant', async () => {
    const { data } = await answer<Page>(cards('&limit=2'));
    const [one, other] = data as unknown as { id: string; variants: { id: string }[] }[];
    const items = [{ cardId: one?.id }, { variantId: other?.variants[0]?.id }];
    const found = await answer<Page>(
      ask('justtcg', '/cards', { method: 'POST', body: JSON.stringify(items) }),
    );
    expect(found.data.map(({ id }) => id)).toEqual([one?.id, other?.id]);
  });

  test('moves prices and their time when told, and is the same until then', async () => {
    const before = await answer<Page>(cards('&limit=100'));
    expect((await answer<Page>(cards('&limit=100'))).data).toEqual(before.data);
    expect((await control('/prices', 'POST')).status).toBe(204);
    const after = await answer<Page>(cards('&limit=100'));
    expect(after.data).not.toEqual(before.data);
    const since = Math.max(
      ...before.data.flatMap((card) => card.variants.map((v) => v.lastUpdated)),
    );
    const changed = await answer<Page>(cards(`&limit=100&updated_after=${since + 1}`));
    expect(changed.meta.total).toBeGreaterThan(0);
    expect(changed.meta.total).toBeLessThan(after.meta.total);
  });

  test('wants its key and a limit of its plan', async () => {
    expect((await ask('justtcg', '/games', { headers: {} })).status).toBe(401);
    const refused = await cards('&limit=101');
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ data: [], code: 'INVALID_REQUEST' });
  });
});

describe('PSA', () => {
  test('answers with a certificate, with none, and with what is no number', async () => {
    const found = await answer<{ PSACert: { CertNumber: string } }>(
      ask('psa', '/cert/GetByCertNumber/12345678'),
    );
    expect(found.PSACert.CertNumber).toBe('12345678');
    expect(await answer(ask('psa', '/cert/GetByCertNumber/12345600'))).toEqual({
      IsValidRequest: true,
      ServerMessage: 'No data found',
    });
    expect(await answer(ask('psa', '/cert/GetByCertNumber/abc'))).toMatchObject({
      IsValidRequest: false,
    });
    expect(await answer(ask('psa', '/cert/GetImagesByCertNumber/12345678'))).toHaveLength(2);
  });

  test('refuses what is more than its quota, as a bare text', async () => {
    await control('/providers/psa', 'PUT', { quota: { remaining: 1 } });
    expect((await ask('psa', '/cert/GetByCertNumber/12345678')).status).toBe(200);
    const refused = await ask('psa', '/cert/GetByCertNumber/12345678');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBeNull();
    expect(await refused.json()).toMatch(/^API calls quota exceeded/);
    await control('/providers/psa', 'DELETE');
    expect((await ask('psa', '/cert/GetByCertNumber/12345678')).status).toBe(200);
  });
});

describe('on command', () => {
  const spoil = (faults: object) => control('/providers/justtcg', 'PUT', faults);

  test('answers 5xx for the next calls only', async () => {
    await spoil({ status: 503, forNext: 2 });
    const statuses: number[] = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await cards()).status);
    expect(statuses).toEqual([503, 503, 200]);
  });

  test('answers 429 with Retry-After until healed', async () => {
    await spoil({ rate429: { retryAfterSeconds: 7 } });
    const refused = await cards();
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('7');
    await control('/providers/justtcg', 'DELETE');
    expect((await cards()).status).toBe(200);
  });

  test('cuts connections, talks nonsense, is late, and never ends', async () => {
    await spoil({ reset: true, forNext: 1 });
    await expect(cards()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
    await spoil({ garbage: true, forNext: 1 });
    await expect(answer(cards())).rejects.toThrow('not valid JSON');
    await spoil({ latencyMs: 300, forNext: 1 });
    const began = performance.now();
    expect((await cards()).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(290);
    await spoil({ slowBody: true, forNext: 1 });
    const slow = await ask('justtcg', '/games', { signal: AbortSignal.timeout(300) });
    expect(slow.status).toBe(200);
    await expect(slow.text()).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('fails at a rate that is the same each time', async () => {
    const run = async () => {
      await spoil({ status: 500, failRate: 0.5 });
      const statuses: number[] = [];
      for (let call = 0; call < 20; call += 1)
        statuses.push((await ask('justtcg', '/games')).status);
      return statuses;
    };
    const first = await run();
    expect(await run()).toEqual(first);
    expect(new Set(first)).toEqual(new Set([200, 500]));
  });

  test('tells who was called how often, never a key, and refuses what it does not know', async () => {
    await cards();
    const told = await (await control('/providers')).text();
    expect(JSON.parse(told)).toMatchObject({
      providers: expect.arrayContaining([
        expect.objectContaining({ name: 'justtcg', calls: 1, faults: null }),
      ]) as unknown,
    });
    expect(told).not.toContain(sandbox.provider('justtcg').key);
    expect(sandbox.calls('justtcg')).toMatchObject([{ method: 'GET', status: 200, spoilt: false }]);
    expect((await spoil({ explode: true })).status).toBe(400);
    expect((await control('/providers/nobody', 'PUT', { status: 500 })).status).toBe(404);
  });
});

test('a provider with a key or an address of its own is left alone', () => {
  const { environment } = sandbox;
  expect(variablesFor(environment, new Set())).toEqual(environment);
  for (const own of ['PSA_API_TOKEN', 'PSA_API_TOKEN_FILE', 'PSA_BASE_URL']) {
    const names = Object.keys(variablesFor(environment, new Set([own])));
    expect(names).toEqual(expect.arrayContaining(['JUSTTCG_API_KEY', 'PROVIDER_SANDBOX_URL']));
    expect(names).not.toContain('PSA_API_TOKEN');
    expect(names).not.toContain('PSA_BASE_URL');
  }
});
