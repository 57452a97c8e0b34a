import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const limit = 30;

export default defineClaim({
  id: 'clock-jumps',
  phase: 5,
  claim:
    'When the clock of the process jumps forward or back, tokens count by the time it shows, and nobody is locked out by a rate limit for longer than its window.',
  bound:
    'a token of an hour: 200 within it, 401 TOKEN_EXPIRED past it; every Retry-After at most 60 s',
  seconds: 10,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const server = await startServer({
      script: 'shifting-clock.ts',
      environment: { RATE_LIMIT_SIGNED_IN: String(limit) },
    });
    const { accessToken } = await stack.signUp();
    const jumps: [string, number, number][] = [
      ['half an hour forward', 30 * minute, 200],
      ['two hours forward', 120 * minute, 401],
      ['back again', 0, 200],
      ['a day back', -day, 200],
      ['and back to now', 0, 200],
    ];
    for (const [name, shiftMs, expected] of jumps) {
      await check(name, async () => {
        await shift(server, shiftMs);
        const { status, code } = await me(server, accessToken);
        assert.equal(status, expected);
        if (status === 401) assert.equal(code, 'TOKEN_EXPIRED');
      });
    }

    let longestWait = 0;
    for (const [name, shiftMs] of [
      ['a day back', -day],
      ['an hour forward', 59 * minute],
    ] as const) {
      await check(`a used-up limit, ${name}: no longer wait than the window`, async () => {
        const { accessToken: another } = await stack.signUp();
        await shift(server, 0);
        let answer = await me(server, another);
        for (let sent = 1; sent <= limit && answer.status === 200; sent += 1)
          answer = await me(server, another);
        assert.equal(answer.status, 429);
        await shift(server, shiftMs);
        const { status, retryAfter } = await me(server, another);
        assert.ok(status === 429 || status === 200, `answered ${status}`);
        longestWait = Math.max(longestWait, retryAfter);
        assert.ok(retryAfter <= 60, `Retry-After: ${retryAfter}`);
      });
    }
    return { ...finding(), figure: `${jumps.length} jumps; longest Retry-After ${longestWait} s` };
  },
});

async function shift({ child }: ServerProcess, shiftMs: number): Promise<void> {
  const shifted = once(child, 'message');
  child.send({ shiftMs });
  await shifted;
}

async function me({ url }: ServerProcess, token: string) {
  const answer = await fetch(`${url}/api/v1/me`, { headers: { authorization: `Bearer ${token}` } });
  const { error: code } = (await answer.json()) as { error?: string };
  const retryAfter = Number(answer.headers.get('retry-after') ?? 0);
  return { status: answer.status, code, retryAfter };
}
