import type * as Privacy from '../../../backend/src/kernel/privacy/index.ts';
import { hostilePieces, ordinaryEvent } from '../../../backend/test/support/scrubber-inputs.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';
import { milliseconds, percentile } from '../measure/summary.ts';

const p99Ms = 1;
/** Of one hostile text or value. */
const mostMs = 250;

export default defineClaim({
  id: 'scrubber-is-bounded',
  phase: 8,
  claim:
    'The scrubber takes less than 1 ms for an ordinary Sentry event, and no input makes it throw or hold up the process: 5 MB of what makes patterns backtrack, circles, depth, breadth, throwing proxies.',
  bound: 'p99 below 1 ms; no hostile input above 250 ms',
  seconds: 10,
  async measure({ progress }) {
    const { load } = await import('../servers/load-built.ts');
    const { createScrubber } = await load<typeof Privacy>('kernel/privacy/index');
    const scrubber = createScrubber();
    const { check, finding } = createChecks(progress);
    const timed = (work: () => unknown): number => {
      const startedAt = performance.now();
      work();
      return performance.now() - startedAt;
    };

    const events = Array.from({ length: 3_000 }, (_, index) => ordinaryEvent(index));
    for (const event of events.slice(0, 500)) scrubber.value(event);
    const p99 = percentile(
      events.map((event) => timed(() => scrubber.value(event))),
      0.99,
    );
    await check('an ordinary event', () => {
      if (p99 >= p99Ms) throw new Error(`p99 ${milliseconds(p99)}`);
    });

    let worst = 0;
    for (const piece of hostilePieces)
      await check(`5 MB of ${JSON.stringify(piece)}`, () => {
        const text = piece.repeat(Math.ceil(5_000_000 / piece.length));
        const took = timed(() => [scrubber.text(text), scrubber.value({ a: { text } })]);
        worst = Math.max(worst, took);
        if (took >= mostMs) throw new Error(milliseconds(took));
      });
    for (const [name, make] of Object.entries(hostileValues))
      await check(name, () => {
        const value = make();
        const took = timed(() => scrubber.value(value));
        worst = Math.max(worst, took);
        if (took >= mostMs) throw new Error(milliseconds(took));
      });
    return {
      ...finding(),
      figure: `p99 ${p99.toFixed(2)} ms; slowest hostile input ${milliseconds(worst)}`,
    };
  },
});

const refuse = (): never => {
  throw new Error('cannot be read');
};

const hostileValues: Readonly<Record<string, () => unknown>> = {
  'a circle': () => {
    const circle: Record<string, unknown> = {};
    circle.again = [circle];
    return circle;
  },
  'a depth of 100,000': () => {
    let deep: unknown = 'a@b.c';
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    return deep;
  },
  'a tree of ten to the tenth': () => {
    let tree: unknown = 'a@b.c';
    for (let depth = 0; depth < 10; depth += 1) tree = new Array<unknown>(10).fill(tree);
    return tree;
  },
  'a map of a million': () => new Map(Array.from({ length: 1e6 }, (_, index) => [index, 'a@b.c'])),
  'a list of long texts': () => new Array<string>(200).fill('a@b.c '.repeat(2_700)),
  'a proxy that throws': () => new Proxy({}, { ownKeys: refuse, get: refuse, has: refuse }),
  'a proxy that was revoked': () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return [proxy];
  },
  'a getter that throws': () => Object.defineProperty({}, 'x', { enumerable: true, get: refuse }),
};
