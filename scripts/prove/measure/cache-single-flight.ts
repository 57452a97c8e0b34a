import { setTimeout as wait } from 'node:timers/promises';
import type { Finding, Surroundings } from '../claim.ts';
import { ask, startCachedServers, startCountedUpstream } from './cached-upstream.ts';
import { milliseconds } from './summary.ts';

const calls = 100;
/** Longer than a claim's lease, so that it must be renewed. */
const slowMs = 4_000;
const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
const backWithinMs = 5_000;

/** Many calls of one key in two processes; then the process that loads is killed while the other waits. */
export async function cacheSingleFlight(
  surroundings: Surroundings,
  environment: Readonly<Record<string, string>> = {},
): Promise<Finding> {
  const upstream = await startCountedUpstream();
  try {
    const [one, other] = await startCachedServers(surroundings, upstream, environment);
    upstream.answer(async (key) => {
      await wait(slowMs);
      return `${key} of the upstream`;
    });
    surroundings.progress(`${calls} calls of two processes for one key`);
    const answers = await Promise.all(
      Array.from({ length: calls }, (_, index) =>
        ask(index % 2 === 0 ? one : other, 'lasting/shared'),
      ),
    );
    const wrong = answers.filter(({ value }) => value !== 'shared of the upstream').length;
    const loads = upstream.requests('shared');

    upstream.answer(() => Promise.resolve(undefined));
    surroundings.progress('the process that loads is killed');
    const lost = keys.map((key) => ask(one, `lasting/${key}`).catch(() => undefined));
    await Promise.all(keys.map((key) => upstream.until(key, 1)));
    upstream.answer((key) => Promise.resolve(`${key} of the upstream`));
    const waiting = keys.map((key) => ask(other, `lasting/${key}`));
    one.child.kill('SIGKILL');
    const killedAt = performance.now();
    await Promise.all([...lost, one.ended]);
    const back = await Promise.all(
      waiting.map(async (answer) => {
        await answer;
        return performance.now() - killedAt;
      }),
    );
    const worst = Math.max(...back);
    const again = keys.filter((key) => upstream.requests(key) !== 2).length;
    const faults = [
      ...(loads === 1 ? [] : [`${loads} loads of one key`]),
      ...(wrong === 0 ? [] : [`${wrong} answers with another value`]),
      ...(worst < backWithinMs ? [] : [`back after ${milliseconds(worst)}`]),
      ...(again === 0 ? [] : [`${again} keys were not loaded once by each process`]),
    ];
    return {
      figure: `${calls} calls, ${loads} load of ${slowMs / 1000} s; ${keys.length} loads of a killed process back after ${milliseconds(worst)}`,
      holds: faults.length === 0,
      faults,
    };
  } finally {
    upstream.close();
  }
}
