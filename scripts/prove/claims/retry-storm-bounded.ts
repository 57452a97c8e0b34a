import { answers, startFailingProvider } from '../../../backend/test/support/failing-provider.ts';
import { startProviders } from '../../../backend/test/support/providers.ts';
import { Joi } from '../../../backend/src/kernel/schema/index.ts';
import { defineClaim } from '../claim.ts';
import { grouped } from '../measure/summary.ts';

const calls = 4_000;
const together = 40;
const attempts = 5;
const share = 0.2;
/** What a quiet process has in reserve, and what it gets back in the seconds that this takes. */
const reserve = 10 + 3;

export default defineClaim({
  id: 'retry-storm-bounded',
  phase: 4,
  claim:
    'When nine of ten requests to a provider fail, retries add a fifth to its load at most; without the budget they would multiply it by four.',
  bound: `at most ${share} retries a call, and ${reserve} in reserve`,
  seconds: 12,
  async measure({ stack, progress }) {
    const upstream = await startFailingProvider();
    const own = await startProviders(stack.database.url);
    try {
      let asked = 0;
      upstream.always((response, request) => {
        asked += 1;
        answers(asked % 10 === 0 ? 200 : 503)(response, request);
      });
      // A breaker would end the storm at once; here the budget has to.
      const provider = own.providers.create({
        name: 'storm',
        baseUrl: upstream.url,
        attempts,
        concurrency: together,
        breaker: { failures: 1_000_000 },
      });
      const schema = Joi.any();
      let begun = 0;
      const worker = async () => {
        while (begun < calls) {
          begun += 1;
          if (begun % 1_000 === 0) progress(`${grouped(begun)} calls`);
          await provider.fetchJson({ path: '/', schema }).catch(() => undefined);
        }
      };
      await Promise.all(Array.from({ length: together }, worker));
      const extra = asked - calls;
      const unbounded = Array.from({ length: attempts }, (_, tries) => 0.9 ** tries).reduce(
        (sum, chance) => sum + chance,
        0,
      );
      return {
        figure: `${grouped(asked)} requests for ${grouped(calls)} calls: ${((100 * extra) / calls).toFixed(1)} % extra (without a budget ${Math.round(100 * (unbounded - 1))} %)`,
        holds: extra > 0 && extra <= share * calls + reserve,
      };
    } finally {
      await own.close();
      await upstream.close();
    }
  },
});
