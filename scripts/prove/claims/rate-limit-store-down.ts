import { setTimeout as wait } from 'node:timers/promises';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { defineClaim } from '../claim.ts';
import { startFaultProxy } from '../fault-proxy.ts';
import { startLoad } from '../measure/http-load.ts';
import { countOf, signUpCallers, startServers, storm, type Caller } from '../measure/limits.ts';
import { describeCounts, milliseconds, summarize } from '../measure/summary.ts';

const processes = 2;
const limit = 30;
const path = '/api/v1/probe/tiers/expensive';
/** The store's 500 ms, and as much again for a busy machine. */
const longestWaitMs = 1_000;
const longestRecoveryMs = 5_000;

export default defineClaim({
  id: 'rate-limit-store-down',
  phase: 4,
  claim:
    'When the store of the limits falls silent, requests go on and are limited within each process, and the limits are exact again by themselves.',
  bound: `0 failed, none waits over ${longestWaitMs} ms, exact within ${longestRecoveryMs / 1000} s of its return`,
  seconds: 10,
  async measure(surroundings) {
    const { stack, progress, signal } = surroundings;
    const proxy = await startFaultProxy(stack.database.url);
    const servers = await startServers(surroundings, processes, {
      DATABASE_URL: proxy.url,
      RATE_LIMIT_EXPENSIVE: String(limit),
      // The sessions lie in the same database, and this is about limits.
      SESSION_CHECK: 'off',
    });
    const callers = await signUpCallers(surroundings, 3);
    const [before, during, after] = callers as [Caller, Caller, Caller];
    const faults: string[] = [];
    const expect = (holds: boolean, fault: string) => {
      if (!holds) faults.push(fault);
    };
    const admitted = async (caller: Caller) => {
      const asked = { callers: [caller], paths: [path], times: 3 * limit };
      const [of] = await storm(servers, asked, surroundings);
      return countOf(of?.outcomes ?? [], '200');
    };
    try {
      progress('while the store is there');
      const first = await admitted(before);
      expect(first === limit, `${first} admitted before, not ${limit}`);

      progress('while it is silent');
      proxy.swallow();
      const outcomes = await startLoad({
        rate: 50,
        seconds: 4,
        connections: 50,
        request: (index) => ({
          url: `${servers[index % processes]?.url ?? ''}${path}`,
          headers: during.headers,
        }),
        signal,
      }).finished;
      const { counts, latencyMs } = summarize(outcomes);
      const [passed, limited] = [countOf(outcomes, '200'), countOf(outcomes, '429')];
      expect(passed + limited === outcomes.length, describeCounts(counts));
      expect(
        passed === processes * limit,
        `${passed} admitted meanwhile by ${processes} processes, not ${limit} each`,
      );
      expect(latencyMs.max <= longestWaitMs, `one waited ${milliseconds(latencyMs.max)}`);

      progress('when it is back');
      const backAt = performance.now();
      proxy.recover();
      await Promise.all(servers.map(countsTogetherAgain));
      const recoveryMs = performance.now() - backAt;
      expect(recoveryMs <= longestRecoveryMs, `back after ${milliseconds(recoveryMs)}`);
      const last = await admitted(after);
      expect(last === limit, `${last} admitted afterwards, not ${limit}`);
      return {
        figure: `${outcomes.length - passed - limited} of ${outcomes.length} failed, slowest ${milliseconds(latencyMs.max)}, exact again after ${milliseconds(recoveryMs)}`,
        holds: faults.length === 0,
        faults,
      };
    } finally {
      await proxy.close();
    }
  },
});

async function countsTogetherAgain({ logged }: ServerProcess): Promise<void> {
  await Promise.race([
    logged('Rate limits are counted over all processes again'),
    wait(2 * longestRecoveryMs, undefined, { ref: false }),
  ]);
}
