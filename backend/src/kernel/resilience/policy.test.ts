import { describe, expect, test } from '@jest/globals';
import { until } from '../../../test/support/breaker-stand.ts';
import {
  answers,
  resets,
  staysSilent,
  stopsHalfway,
} from '../../../test/support/failing-provider.ts';
import { caughtBy, upstreamStand } from '../../../test/support/upstream-stand.ts';
import { upstreamStatus } from './index.ts';

const stand = upstreamStand();
const { provider, get } = stand;

describe('a passing failure', () => {
  test.each([
    ['503', answers(503)],
    ['500 with a page', answers(500, '<html>oops</html>')],
    ['a reset', resets],
    ['no JSON', answers(200, '<html>down for maintenance</html>')],
    ['half of an answer', answers(200, '{"value":')],
    ['a body that is no gzip', answers(200, 'plain', { 'content-encoding': 'gzip' })],
  ])('such as %s is tried again', async (_name, behaviour) => {
    stand.upstream().next(behaviour);
    const from = provider();
    expect((await get(from)).body).toEqual({ value: 1 });
    expect(stand.upstream().requests).toHaveLength(2);
    expect(
      await stand
        .own()
        .metric('bulwark_provider_calls_total', { provider: from.name, outcome: 'ok' }),
    ).toBe(1);
  });

  test('is tried again at most four times, and the answer is UPSTREAM_UNAVAILABLE', async () => {
    stand.upstream().always(answers(500, { secret: 'not for clients' }));
    const failing = get(provider({ breaker: { failures: 50 } }));
    const error = await failing.catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', statusCode: 503 });
    expect(upstreamStatus(error)).toBe(500);
    expect(stand.upstream().requests).toHaveLength(5);
  });

  test('is tried again after the pauses of its definition', async () => {
    stand.upstream().always(answers(500));
    const startedAt = performance.now();
    const pauseMs = { first: 1, longest: 1 };
    await caughtBy(get(provider({ pauseMs, breaker: { failures: 50 } })));
    expect(stand.upstream().requests).toHaveLength(5);
    expect(performance.now() - startedAt).toBeLessThan(400);
    expect(() => provider({ pauseMs: { first: 10, longest: 9 } })).toThrow('pauseMs.longest');
  });

  test('of a POST is not tried again, unless it carries an idempotency key', async () => {
    const post = { method: 'POST', body: { a: 1 } } as const;
    stand.upstream().next(answers(500));
    await expect(get(provider(), post)).rejects.toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(stand.upstream().requests).toHaveLength(1);
    stand.upstream().next(answers(500));
    await get(provider(), { ...post, idempotencyKey: 'once-1' });
    expect(stand.upstream().requests.map(({ headers }) => headers['idempotency-key'])).toEqual([
      undefined,
      'once-1',
      'once-1',
    ]);
  });

  test.each([
    ['seconds', () => '1'],
    ['a date', () => new Date(Date.now() + 1_500).toUTCString()],
  ])('is not tried again before the Retry-After in %s is over', async (_kind, after) => {
    stand.upstream().next(answers(503, {}, { 'retry-after': after() }));
    const startedAt = performance.now();
    await get(provider());
    expect(performance.now() - startedAt).toBeGreaterThan(450);
    stand.upstream().next(answers(503, {}, { 'retry-after': '30' }));
    const from = provider();
    await expect(get(from, { interactive: true })).rejects.toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfterSeconds: 30,
    });
  });
});

describe('the deadline', () => {
  test('holds over all tries, whatever the provider does', async () => {
    stand.upstream().always(staysSilent);
    // Time for a second try after the longest first pause, on a busy machine too.
    const from = provider({ deadlineMs: 1_000, attemptMs: 250 });
    const startedAt = performance.now();
    await expect(get(from)).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
      provider: from.name,
    });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(stand.upstream().requests.length).toBeGreaterThan(1);
  });

  test('ends a body that does not come', async () => {
    stand.upstream().always(stopsHalfway);
    await expect(get(provider({ deadlineMs: 400 }))).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
  });

  test('holds for a library that does not listen to its signal', async () => {
    const deaf = provider({ deadlineMs: 300 }).run(() => new Promise(() => undefined));
    await expect(deaf).rejects.toMatchObject({ code: 'UPSTREAM_TIMEOUT' });
  });

  test('leaves whoever gives up alone, and blames nobody', async () => {
    stand.upstream().always(staysSilent);
    const from = provider();
    const giveUp = new AbortController();
    const call = get(from, { signal: giveUp.signal });
    giveUp.abort(new Error('no more'));
    await expect(call).rejects.toThrow('no more');
    const state = await stand.state(from);
    expect(state).toMatchObject({ consecutiveFailures: 0, inFlight: 0 });
  });
});

describe('a refusal (4xx)', () => {
  test('is not the provider’s failure: it is handed on once, and opens no breaker', async () => {
    stand.upstream().always(answers(404, { error: 'no such card' }));
    const from = provider();
    for (let count = 0; count < 8; count += 1) {
      const error = await get(from).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'UPSTREAM_REJECTED', statusCode: 502 });
      expect(upstreamStatus(error)).toBe(404);
    }
    expect(stand.upstream().requests).toHaveLength(8);
  });

  test('of 429 pauses the provider for as long as it says, with a code of its own', async () => {
    stand.upstream().next(answers(429, {}, { 'retry-after': '20' }));
    const from = provider();
    const refusals = [await caughtBy(get(from)), await caughtBy(get(from))];
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterSeconds: 20 });
    expect(stand.upstream().requests).toHaveLength(1);
    const state = await stand.state(from);
    expect(state).toMatchObject({ breaker: 'closed', consecutiveFailures: 0 });
    expect(state?.pausedUntil).toBeInstanceOf(Date);
  });

  test('of 429 is waited for where there is time', async () => {
    stand.upstream().next(answers(429, {}, { 'retry-after': '1' }));
    expect((await get(provider())).body).toEqual({ value: 1 });
  });

  test('of 429 holds for those too that wait for a place', async () => {
    stand.upstream().next(answers(429, {}, { 'retry-after': '60' }));
    const from = provider({ concurrency: 1 });
    const refusals = await Promise.all(Array.from({ length: 10 }, () => caughtBy(get(from))));
    for (const refusal of refusals)
      expect(refusal).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterSeconds: 60 });
    expect(stand.upstream().requests).toHaveLength(1);
    const counted = (outcome: string) =>
      stand.own().metric('bulwark_provider_calls_total', { provider: from.name, outcome });
    expect([await counted('rate_limited'), await counted('refused_paused')]).toEqual([1, 9]);
  });

  test('of 429 that came later is waited for too, by who waits for an earlier one', async () => {
    const late = Promise.withResolvers<undefined>();
    stand.upstream().next(answers(429, {}, { 'retry-after': '1' }), (...exchange) => {
      void late.promise.then(() => {
        answers(429, {}, { 'retry-after': '2' })(...exchange);
      });
    });
    const from = provider();
    const calls = [get(from), get(from)];
    await until(async () => (await stand.state(from))?.pausedUntil !== null);
    late.resolve(undefined);
    for (const { body } of await Promise.all(calls)) expect(body).toEqual({ value: 1 });
    expect(stand.upstream().requests).toHaveLength(4);
  });

  test('of a used up quota comes without asking', async () => {
    const from = provider();
    from.noteQuota({ limit: 100, remaining: 0, resetsAt: new Date(Date.now() + 60_000) });
    await expect(get(from)).rejects.toMatchObject({ code: 'UPSTREAM_RATE_LIMITED' });
    expect(stand.upstream().requests).toEqual([]);
    const state = await stand.state(from);
    expect(state?.quota).toMatchObject({ limit: 100, remaining: 0 });
  });
});

describe('too many calls', () => {
  test('wait for a place, and those beyond are refused at once', async () => {
    stand.upstream().always(staysSilent);
    const from = provider({ concurrency: 2, queue: 3, deadlineMs: 500, attemptMs: 500 });
    const calls = Array.from({ length: 8 }, () => caughtBy(get(from)));
    const state = await stand.state(from);
    expect(state).toMatchObject({ inFlight: 2, waiting: 3 });
    const codes = (await Promise.all(calls)).map((error) => (error as { code: string }).code);
    expect(codes.filter((code) => code === 'UPSTREAM_UNAVAILABLE')).toHaveLength(3);
    expect(codes.filter((code) => code === 'UPSTREAM_TIMEOUT')).toHaveLength(5);
    expect(stand.upstream().requests).toHaveLength(2);
  });

  test('that fail are not multiplied by retries', async () => {
    let count = 0;
    stand.upstream().always((response, request) => {
      count += 1;
      answers(count % 2 === 0 ? 500 : 200, { value: 1 })(response, request);
    });
    const from = provider({ concurrency: 20, queue: 1_000, breaker: { failures: 1_000 } });
    const calls = await Promise.allSettled(Array.from({ length: 300 }, () => get(from)));
    expect(calls.some(({ status }) => status === 'rejected')).toBe(true);
    expect(stand.upstream().requests.length).toBeGreaterThan(300);
    // A fifth of the calls, and the reserve.
    expect(stand.upstream().requests.length).toBeLessThanOrEqual(300 * 1.2 + 10);
  });
});
