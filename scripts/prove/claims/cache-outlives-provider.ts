import { setTimeout as wait } from 'node:timers/promises';
import { defineClaim } from '../claim.ts';
import {
  ask,
  invalidate,
  startCachedServers,
  startCountedUpstream,
  type CachedAnswer,
} from '../measure/cached-upstream.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, milliseconds, summarize } from '../measure/summary.ts';

const downSeconds = 4;
const rate = 100;
const p99Ms = 250;
const rounds = 50;

export default defineClaim({
  id: 'cache-outlives-provider',
  phase: 4,
  claim:
    'While a provider is down its old answers are served at once, with their age, and it is not asked at every request; an invalidation wins against every load that began before it.',
  bound: `every answer 200, stale and older than 500 ms, p99 below ${p99Ms} ms; 0 old answers after an invalidation`,
  seconds: 12,
  async measure(surroundings) {
    const { progress, signal } = surroundings;
    const upstream = await startCountedUpstream();
    try {
      const [one, other] = await startCachedServers(surroundings, upstream);
      const servers = [one, other];
      const faults: string[] = [];
      await ask(one, 'brief/provider');
      await wait(600);

      upstream.answer(() => Promise.resolve(503));
      const asked = upstream.requests('provider');
      progress(`${rate * downSeconds} requests while the provider answers 503`);
      const load = startLoad({
        rate,
        connections: 20,
        seconds: downSeconds,
        request: (index) => ({
          url: `${servers[index % 2]?.url}/api/v1/cached/brief/provider`,
        }),
        check: (body) => {
          const { state, ageMs, value } = JSON.parse(body) as CachedAnswer;
          return state === 'stale' && ageMs >= 500 && value === 'provider'
            ? undefined
            : `${state}, ${Math.round(ageMs)} ms`;
        },
        signal,
      });
      const { sent, counts, latencyMs } = summarize(await load.finished);
      const attempts = upstream.requests('provider') - asked;
      if (Object.keys(counts).join() !== '200') faults.push(describeCounts(counts));
      if (latencyMs.p99 >= p99Ms) faults.push(`p99 ${milliseconds(latencyMs.p99)}`);
      if (attempts > 4) faults.push(`the provider was asked ${attempts} times`);

      let old = 0;
      for (let round = 0; round < rounds; round += 1) {
        signal.throwIfAborted();
        const key = `raced-${round}`;
        const answering = Promise.withResolvers<string>();
        upstream.answer(() => answering.promise);
        const early = ask(one, `lasting/${key}`);
        await upstream.until(key, 1);
        // The invalidation comes from the other process, before, while or after the load is done.
        const invalidated = invalidate(other, `lasting/${key}`);
        if (round % 3 === 0) await invalidated;
        upstream.answer(() => Promise.resolve('new'));
        answering.resolve('old');
        await Promise.all([invalidated, ...(round % 3 === 1 ? [early] : [])]);
        const values = [await ask(other, `lasting/${key}`)];
        await early;
        await wait(50); // The message has come by then.
        values.push(await ask(one, `lasting/${key}`));
        old += values.filter(({ value }) => value !== 'new').length;
        progress(`${round + 1} of ${rounds} races`);
      }
      if (old > 0) faults.push(`${old} old answers after an invalidation`);
      return {
        figure: `${grouped(sent)} stale answers, p99 ${milliseconds(latencyMs.p99)}, the provider asked ${attempts} times; ${old} of ${2 * rounds} answers old after an invalidation`,
        holds: faults.length === 0,
        faults,
      };
    } finally {
      upstream.close();
    }
  },
});
