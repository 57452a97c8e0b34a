import type { lookup as systemLookup } from 'node:dns';
import { answers, startFailingProvider } from '../../../backend/test/support/failing-provider.ts';
import { forbiddenAddresses, forbiddenUrls } from '../../../backend/test/support/input-urls.ts';
import {
  startProviders,
  type TestProvidersOptions,
} from '../../../backend/test/support/providers.ts';
import { AppError } from '../../../backend/src/kernel/errors/index.ts';
import { defineClaim } from '../claim.ts';

const literal = /^[\d.]+$|:/;

export default defineClaim({
  id: 'input-urls-guarded',
  phase: 1,
  claim:
    'A URL that comes from input leads to no address of this machine, a private network, a cloud’s metadata or a range that stands for one: not by any way of writing it, by a name, by a redirect, or by a name that changes its mind between the check and the connection.',
  bound: 'every one refused, 0 requests arrive',
  seconds: 5,
  async measure({ stack, progress }) {
    const target = await startFailingProvider();
    const { port } = new URL(target.url);
    const faults: string[] = [];
    let refused = 0;

    async function refusedBy(
      what: string,
      url: string,
      input: TestProvidersOptions['input'] = {},
    ): Promise<void> {
      const own = await startProviders(stack.database.url, { listenUrl: undefined, input });
      try {
        await own.providers.fetchFromInput(url, { deadlineMs: 5_000 });
        faults.push(`${what} was fetched`);
      } catch (error) {
        if (AppError.is(error) && error.code === 'VALIDATION_FAILED') refused += 1;
        else faults.push(`${what}: ${String(error)}`);
      } finally {
        await own.close();
      }
    }

    try {
      progress('ways to write an address');
      for (const url of forbiddenUrls) await refusedBy(url, url);
      const addresses = forbiddenAddresses.filter((one) => literal.test(one) && !one.includes('%'));
      progress('names that lead to one');
      for (const address of addresses)
        await refusedBy(`a name for ${address}`, 'http://innocent.example/', {
          lookup: leadingTo([address]).lookup,
        });
      await refusedBy('a name for here, beside a public address', 'http://innocent.example/', {
        lookup: leadingTo(['93.184.216.34', '127.0.0.1']).lookup,
      });

      progress('redirects');
      const own = {
        dangerouslyAllow: (host: string, at: string) => host === '127.0.0.1' && at === port,
      };
      for (const location of ['http://169.254.169.254/', 'http://[::1]/', 'http://localhost/']) {
        target.next(answers(302, '', { location }));
        await refusedBy(`a redirect to ${location}`, target.url, own);
      }

      progress('a name that changes its mind');
      const changing = leadingTo(['127.0.0.1'], ['10.0.0.1']);
      const stand = await startProviders(stack.database.url, {
        listenUrl: undefined,
        input: {
          lookup: changing.lookup,
          dangerouslyAllow: (host, at) => at === port && host !== '10.0.0.1',
        },
      });
      const answer = await stand.providers.fetchFromInput(`http://changing.example:${port}/`);
      await stand.close();
      if (answer.status !== 200 || changing.asked() !== 1)
        faults.push(`a name was resolved ${changing.asked()} times`);
      else refused += 1;

      // The redirects, and this last one, began here.
      const arrived = target.requests.length - 4;
      if (arrived !== 0) faults.push(`${arrived} requests arrived`);
      return {
        figure: `${refused} of ${refused + faults.length} refused, ${arrived} requests arrived`,
        holds: faults.length === 0,
        faults,
      };
    } finally {
      await target.close();
    }
  },
});

/** The resolver of somebody who owns the name: asked again, it gives the next answer. */
function leadingTo(...answersInTurn: readonly (readonly string[])[]): {
  lookup: typeof systemLookup;
  asked(): number;
} {
  let asked = 0;
  const resolve = (_name: string, _options: unknown, done: (...values: unknown[]) => void) => {
    const addresses = answersInTurn[Math.min(asked, answersInTurn.length - 1)] ?? [];
    asked += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return { lookup: resolve as unknown as typeof systemLookup, asked: () => asked };
}
