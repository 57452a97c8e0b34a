import { startSandbox } from '../../../../local/providers/sandbox.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';

const lookups = 12;
const repeats = 20;
const bound = 100;

export default defineClaim({
  id: 'catalog-certificate-cache',
  phase: 4,
  claim:
    'A PSA certificate that is known is answered 100 times as fast as one that PSA has to be asked for (the sandbox answers as late as the real one is assumed to: 350 ms a call, two calls a lookup).',
  bound: `median ${bound} × as fast, two calls a certificate`,
  seconds: 20,
  async measure({ stack, startServer, progress, signal }) {
    const sandbox = await startSandbox({ latency: 'usual' });
    try {
      const server = await startServer({
        environment: { ...sandbox.environment, RATE_LIMIT_EXPENSIVE: '100000' },
      });
      const { accessToken } = await stack.signUp();
      const headers = { authorization: `Bearer ${accessToken}` };
      const look = async (number: number): Promise<number> => {
        const began = performance.now();
        const response = await fetch(`${server.url}/api/v1/catalog/certificates/${number}`, {
          headers,
          signal,
        });
        await response.arrayBuffer();
        if (response.status !== 200)
          throw new Error(`A lookup was answered with ${response.status}`);
        return performance.now() - began;
      };
      const numbers = Array.from({ length: lookups }, (_, nr) => 40_000_001 + nr * 10);
      const asked: number[] = [];
      for (const number of numbers) {
        asked.push(await look(number));
        progress(`${asked.length} of ${lookups} asked for`);
      }
      const known: number[] = [];
      for (let repeat = 0; repeat < repeats; repeat += 1)
        for (const number of numbers) known.push(await look(number));
      const calls = sandbox.calls('psa').length;
      const ratio = median(asked) / median(known);
      return {
        figure: `${median(asked).toFixed(0)} ms asked, ${median(known).toFixed(2)} ms known: ${ratio.toFixed(0)} × over ${known.length} answers; ${calls} calls for ${lookups} certificates`,
        holds: ratio >= bound && calls === lookups * 2,
      };
    } finally {
      await sandbox.close();
    }
  },
});

const median = (values: readonly number[]): number =>
  values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
