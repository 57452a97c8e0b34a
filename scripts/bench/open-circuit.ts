/** What a call costs whose provider's breaker is open: the refusal, one call after the other. Bound: p99 below 1 ms. */
import { percentileOf, timeOpenCircuit } from './contests/open-circuit.ts';
import { row } from './support/statistics.ts';
import { withStack } from '../support/with-stack.ts';

const rounds = 5;
const boundMs = 1;

await withStack(async (stack) => {
  const results: number[][] = [];
  for (let round = 0; round < rounds; round += 1)
    results.push((await timeOpenCircuit(stack.database.url, 20_000)).latenciesMs);
  const micros = (share: number) => results.map((one) => 1_000 * percentileOf(one, share));
  console.log(row('refused, p50', micros(0.5), 'µs', 1));
  console.log(row('refused, p99', micros(0.99), 'µs', 1));
  console.log(row('refused, slowest', micros(1), 'µs', 0));
  if (Math.max(...micros(0.99)) > boundMs * 1_000) process.exitCode = 1;
});
