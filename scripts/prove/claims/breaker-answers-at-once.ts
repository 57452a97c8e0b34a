import { percentileOf, timeOpenCircuit } from '../../bench/contests/open-circuit.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const calls = 50_000;
const boundMs = 1;

export default defineClaim({
  id: 'breaker-answers-at-once',
  phase: 4,
  claim:
    'After five failures in a row a provider is not asked any more: calls are refused in less than a millisecond with UPSTREAM_UNAVAILABLE, its name and Retry-After.',
  bound: `p99 below ${boundMs} ms over ${grouped(calls)} calls, 0 requests to the provider`,
  seconds: 5,
  async measure({ stack }) {
    const { latenciesMs, failures, askedWhileOpen, refusal } = await timeOpenCircuit(
      stack.database.url,
      calls,
    );
    const p99 = percentileOf(latenciesMs, 0.99);
    const { code, provider, retryAfterSeconds } = refusal;
    const told =
      code === 'UPSTREAM_UNAVAILABLE' &&
      provider === 'open' &&
      retryAfterSeconds > 0 &&
      retryAfterSeconds <= 120;
    return {
      figure: `p99 ${(1_000 * p99).toFixed(0)} µs, slowest ${percentileOf(latenciesMs, 1).toFixed(1)} ms; ${askedWhileOpen} requests to the provider`,
      holds: p99 < boundMs && failures === 5 && askedWhileOpen === 0 && told,
      faults: told ? [] : [`the refusal was ${JSON.stringify(refusal)}`],
    };
  },
});
