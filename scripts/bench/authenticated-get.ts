/**
 * GET /api/v1/me with everything on (verified token, live session, rate limit, headers, log), against a bare Express
 * route with the same JSON: side by side in one run, in turn, with the same client. The ratio is the figure.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { startServerProcess } from '../../backend/test/support/server-process.ts';
import { median, row } from './support/statistics.ts';
import { withStack } from '../support/with-stack.ts';

const rounds = 5;
const seconds = 4;
const connections = 32;

await withStack(async (stack) => {
  const bulwark = await startServerProcess('backend/dist/index.js', {
    ...stack.environment,
    RATE_LIMIT_SIGNED_IN: '100000000',
  });
  const { accessToken } = await stack.signUp();
  const headers = { authorization: `Bearer ${accessToken}` };
  const body = await (await fetch(`${bulwark.url}/api/v1/me`, { headers })).text();
  const bare = await startBare(body);
  try {
    const rates: { bulwark: number[]; bare: number[] } = { bulwark: [], bare: [] };
    await load(bulwark.url, headers, 2);
    await load(bare.url, headers, 2);
    for (let round = 0; round < rounds; round += 1) {
      rates.bulwark.push(await load(bulwark.url, headers, seconds));
      rates.bare.push(await load(bare.url, headers, seconds));
    }
    const ratios = rates.bulwark.map((rate, index) => rate / (rates.bare[index] ?? Number.NaN));
    console.log(row('Bulwark, everything on', rates.bulwark, 'requests/s'));
    console.log(row('bare Express 5', rates.bare, 'requests/s'));
    console.log(row('ratio, round by round', ratios, '', 3));
    console.log(`  Bulwark is ${median(ratios).toFixed(2)} x bare Express.`);
  } finally {
    bulwark.child.kill('SIGTERM');
    bare.child.kill('SIGTERM');
    await bulwark.ended;
  }
});

/** Requests a second; any answer but 200 makes the run void. */
async function load(
  url: string,
  headers: Record<string, string>,
  duration: number,
): Promise<number> {
  const result = await autocannon({ url: `${url}/api/v1/me`, headers, connections, duration });
  const bad = result.non2xx + result.errors + result.timeouts;
  if (bad > 0) throw new Error(`${bad} requests failed`);
  return result.requests.average;
}

async function startBare(body: string): Promise<{ url: string; child: ChildProcess }> {
  const child = fork(join(import.meta.dirname, 'servers', 'bare-express.ts'), {
    env: { PATH: process.env.PATH, BODY: body },
  });
  const [port] = (await once(child, 'message')) as [number];
  return { url: `http://127.0.0.1:${port}`, child };
}
