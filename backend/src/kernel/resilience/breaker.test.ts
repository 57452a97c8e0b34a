import { describe, expect, test } from '@jest/globals';
import {
  anything,
  breakerStand,
  due,
  fail,
  until,
  type CallingProcess,
} from '../../../test/support/breaker-stand.ts';
import { answers, type Behaviour } from '../../../test/support/failing-provider.ts';
import { caughtBy } from '../../../test/support/upstream-stand.ts';

const stand = breakerStand();

/** Answers when it is told to. */
function held(behaviour: Behaviour): { behaviour: Behaviour; answer(): void } {
  const waiting: (() => void)[] = [];
  return {
    behaviour: (response, request) =>
      waiting.push(() => {
        behaviour(response, request);
      }),
    answer() {
      for (const one of waiting) one();
    },
  };
}

describe('a breaker', () => {
  test('opens with the fifth failure in a row, and then answers without asking', async () => {
    const upstream = await stand.upstream();
    const [one] = (await stand.processes(1, upstream)) as [CallingProcess];
    upstream.next(answers(500), answers(500), answers(500), answers(500), answers(200));
    await fail(one, 5);
    expect(await one.state()).toMatchObject({ breaker: 'closed', consecutiveFailures: 0 });
    upstream.always(answers(500));
    await fail(one, 5);
    const asked = upstream.requests.length;
    const [refusal] = await fail(one, 1);
    expect(refusal).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      statusCode: 503,
      provider: one.provider.name,
      retryAfterSeconds: 1,
    });
    expect(upstream.requests).toHaveLength(asked);
    await until(async () => (await one.state()).openings > 0);
    expect(await one.state()).toMatchObject({
      breaker: 'open',
      openings: 1,
      lastError: 'HTTP 500',
      openedAt: expect.any(Date) as unknown,
      retryAt: expect.any(Date) as unknown,
    });
    const labels = { provider: one.provider.name };
    expect(await one.own.metric('bulwark_breaker_state', labels)).toBe(2);
    expect(await one.own.metric('bulwark_breaker_openings_total', labels)).toBe(1);
  });

  test('that one process opens is open in all, and so is what one closes', async () => {
    const upstream = await stand.upstream();
    const all = await stand.processes(3, upstream);
    const [first, second, third] = all as [CallingProcess, CallingProcess, CallingProcess];
    upstream.always(answers(503));
    await fail(first, 5);
    await Promise.all(all.map((one) => one.until('open')));
    const asked = upstream.requests.length;
    await fail(second, 1);
    expect(upstream.requests).toHaveLength(asked);
    upstream.always(answers(200));
    await due(...all);
    await third.ask();
    await Promise.all(all.map((one) => one.until('closed')));
    await Promise.all(all.map((one) => one.ask()));
    const openings = await Promise.all(
      all.map(({ own, provider }) =>
        own.metric('bulwark_breaker_openings_total', { provider: provider.name }),
      ),
    );
    expect(openings).toEqual([1, 0, 0]);
    expect((await second.state()).openings).toBe(1);
  });

  test('lets one try through over all processes, and opens again when it fails', async () => {
    const upstream = await stand.upstream();
    const all = await stand.processes(3, upstream);
    upstream.always(answers(500));
    await fail(all[0] as CallingProcess, 5);
    await Promise.all(all.map((one) => one.until('open')));
    await due(...all);
    const asked = upstream.requests.length;
    const probe = held(answers(500));
    upstream.always(probe.behaviour);
    const calls = all.flatMap((one) => Array.from({ length: 20 }, () => caughtBy(one.ask())));
    await until(() => upstream.requests.length > asked);
    await Promise.all(all.map((one) => one.until('half-open')));
    probe.answer();
    const errors = await Promise.all(calls);
    expect(upstream.requests).toHaveLength(asked + 1);
    for (const error of errors) expect(error).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    await Promise.all(all.map((one) => one.until('open')));
    expect(await (all[0] as CallingProcess).state()).toMatchObject({ openings: 1 });
  });

  test('is closed for all by an operator, whose word counts at once', async () => {
    const upstream = await stand.upstream();
    const [one, other] = (await stand.processes(2, upstream)) as [CallingProcess, CallingProcess];
    upstream.next(...Array.from({ length: 5 }, () => answers(500)));
    await fail(one, 5);
    await other.until('open');
    expect(await other.own.providers.admin.reset(one.provider.name)).toBe(true);
    await one.until('closed');
    await one.ask();
    expect(await other.own.providers.admin.reset('nobody')).toBe(false);
  });

  test('takes a try that was given up for none, and lets the next one through', async () => {
    const upstream = await stand.upstream();
    const [one] = (await stand.processes(1, upstream)) as [CallingProcess];
    upstream.always(answers(500));
    await fail(one, 5);
    await due(one);
    upstream.always(() => undefined);
    const giveUp = new AbortController();
    const call = one.provider.fetchJson({ path: '/', schema: anything, signal: giveUp.signal });
    await one.until('half-open');
    giveUp.abort(new Error('no more'));
    await expect(call).rejects.toThrow('no more');
    upstream.always(answers(200));
    await one.ask();
    expect((await one.state()).breaker).toBe('closed');
  });

  test('is learnt by a process that starts later', async () => {
    const upstream = await stand.upstream();
    const [one] = (await stand.processes(1, upstream)) as [CallingProcess];
    upstream.always(answers(500));
    await fail(one, 5);
    await until(async () => (await one.state()).openings === 1);
    const [late] = (await stand.processes(1, upstream, { sameName: true })) as [CallingProcess];
    await late.until('open');
  });

  test('and the calls of one process are seen by the operator of another', async () => {
    const upstream = await stand.upstream();
    const [one, other] = (await stand.processes(2, upstream)) as [CallingProcess, CallingProcess];
    await one.ask();
    one.provider.noteQuota({ limit: 100, remaining: 42 });
    await until(async () => (await other.state()).quota !== null);
    expect(await other.state()).toMatchObject({
      calls: 1,
      failures: 0,
      quota: { limit: 100, remaining: 42, resetsAt: null },
    });
  });

  test('pauses in every process when one was asked for a pause', async () => {
    const upstream = await stand.upstream();
    const [one, other] = (await stand.processes(2, upstream)) as [CallingProcess, CallingProcess];
    upstream.next(answers(429, {}, { 'retry-after': '60' }));
    await fail(one, 1);
    await until(async () => (await other.state()).pausedUntil !== null);
    const [refusal] = await fail(other, 1);
    expect(refusal).toMatchObject({ code: 'UPSTREAM_RATE_LIMITED', retryAfterSeconds: 60 });
  });
});
