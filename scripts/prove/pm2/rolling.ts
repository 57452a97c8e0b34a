import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from '../../../backend/local/postgres/throwaway.ts';
import { isolatedPm2, type Pm2 } from '../../support/pm2.ts';
import type { Finding, Surroundings } from '../claim.ts';
import { startLoad, type Load, type Outcome } from '../measure/http-load.ts';
import {
  describeCounts,
  grouped,
  milliseconds,
  percentile,
  summarize,
} from '../measure/summary.ts';
import { openSockets } from '../measure/socket-pool.ts';

/** What a release is measured under: 500 requests a second in all, 4 of them of 5 s, 2 that enqueue jobs. */
const rates = { quick: 494, slow: 4, jobs: 2 };
const sockets = 200;
/** Connections of one user are capped. */
const users = 20;
const slowMs = 5_000;
const jobMs = 1_500;
const backWithinMs = 2_000;
const jobsWithinMs = 40_000;

/** Under PM2, two API processes and a worker, that much load. `round` is done `rounds` times; then all of it is counted. */
export async function measureRolling(
  { stack, progress, signal }: Surroundings,
  {
    rounds,
    round,
  }: { rounds: number; round: (pm2: Pm2) => Promise<{ code: number; output: string }> },
): Promise<Finding> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const pm2 = isolatedPm2(
    {
      PATH: process.env.PATH,
      ...stack.environment,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      RATE_LIMIT_PUBLIC: '1000000',
      RATE_LIMIT_SIGNED_IN: '1000000',
      SHUTDOWN_DRAIN_MS: '1500',
    },
    process.cwd(),
  );
  const faults: string[] = [];
  const loads: Load[] = [];
  const tokens = await Promise.all(
    Array.from({ length: users }, async () => (await stack.signUp()).accessToken),
  );
  const tokenOf = (index: number) => tokens[index % users] ?? '';
  const headersOf = (index: number) => ({
    authorization: `Bearer ${tokenOf(index)}`,
    'content-type': 'application/json',
  });
  const keys: string[] = [];
  try {
    const started = await pm2.run('start', 'scripts/prove/pm2/probe.config.js');
    if (started.code !== 0) throw new Error(started.output);
    const pool = await openSockets({
      url,
      count: sockets,
      token: tokenOf,
      enter: async (socket, index) => {
        await socket.timeout(10_000).emitWithAck('probe:join', { room: `room-${index % users}` });
      },
    });
    const load = { timeoutMs: 20_000, signal };
    loads.push(
      startLoad({
        ...load,
        rate: rates.quick,
        connections: 80,
        request: (index) => ({ url: `${url}/api/v1/me`, headers: headersOf(index) }),
      }),
      startLoad({
        ...load,
        rate: rates.slow,
        connections: 60,
        request: () => ({ url: `${url}/api/v1/probe/slow?ms=${slowMs}` }),
      }),
      startLoad({
        ...load,
        rate: rates.jobs,
        connections: 4,
        request: (index) => {
          const key = randomUUID();
          keys[index] = key;
          return {
            url: `${url}/api/v1/probe/jobs`,
            method: 'POST',
            headers: headersOf(index),
            body: JSON.stringify({ key, ms: jobMs }),
          };
        },
      }),
    );
    await wait(2_000);
    for (let done = 1; done <= rounds && !signal.aborted; done += 1) {
      const { code, output } = await round(pm2);
      if (code !== 0) faults.push(`round ${done} ended with ${code}: ${output.slice(-500)}`);
      progress(`${done} of ${rounds} rounds, ${count(loads)} requests`);
    }
    const [quick, slow, jobs] = await Promise.all(loads.map((one) => one.stop()));
    const outcomes = [quick, slow, jobs].flatMap((some) => some ?? []);
    await Promise.race([pool.ready(), wait(10_000)]);
    const restarts = (await pm2.processes()).map(({ name, restarts }) => `${name} ${restarts}`);
    progress(`processes replaced: ${restarts.join(', ')}`);

    const lost = outcomes.filter(({ result }) => !/^20[0-2]$/.test(result));
    const backMs = pool.sockets.flatMap((one) => one.backMs);
    const away = pool.sockets.filter(({ ready }) => !ready).length;
    const slowest = Math.max(0, ...backMs);
    pool.close();
    const accepted = (jobs ?? [])
      .filter(({ result }) => result === '202')
      .map(({ index }) => keys[index] ?? '');
    const effects = await effectsOf(stack.database.url, accepted);
    const once = accepted.filter((key) => effects.get(key) === 1).length;

    if (lost.length > 0)
      faults.push(describeCounts(summarize(lost).counts), ...lost.slice(0, 5).map(describe));
    const refusals = pool.sockets.flatMap((one) => one.refusals);
    if (refusals.length > 0) faults.push(`refused sockets: ${refusals.slice(0, 5).join('; ')}`);
    return {
      figure:
        `${lost.length} of ${grouped(outcomes.length)} requests lost (p99 ${milliseconds(summarize(quick ?? []).latencyMs.p99)}), ` +
        `${grouped(backMs.length)} reconnections, half within ${seconds(percentile(backMs, 0.5))}, ` +
        `slowest ${seconds(slowest)}, ${away} away, ` +
        `${once} of ${accepted.length} jobs once`,
      holds:
        lost.length === 0 &&
        away === 0 &&
        slowest < backWithinMs &&
        backMs.length >= rounds * sockets &&
        once === accepted.length &&
        accepted.length > 0 &&
        faults.length === 0,
      faults,
    };
  } finally {
    for (const one of loads) void one.stop();
    await pm2.end();
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const count = (loads: readonly Load[]) =>
  grouped(loads.reduce((sum, { outcomes }) => sum + outcomes.length, 0));
const describe = ({ result, at, latencyMs }: Outcome) =>
  `${result} due at ${Math.round(at)} ms, decided ${Math.round(latencyMs)} ms later`;

/** How often each key was done, once all of them were or the time is up. */
async function effectsOf(url: string, keys: readonly string[]): Promise<Map<string, number>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const giveUpAt = performance.now() + jobsWithinMs;
    for (;;) {
      const { rows } = await client.query<{ key: string; times: number }>(
        'select key, count(*)::int as times from public.probe_effects group by key',
      );
      const effects = new Map(rows.map(({ key, times }) => [key, times]));
      if (keys.every((key) => effects.has(key)) || performance.now() > giveUpAt) return effects;
      await wait(250);
    }
  } finally {
    await client.end();
  }
}
