import { answers, startFailingProvider } from '../../../backend/test/support/failing-provider.ts';
import { startProviders } from '../../../backend/test/support/providers.ts';
import { Joi } from '../../../backend/src/kernel/schema/index.ts';

const failuresThatOpen = 5;
const warmUp = 2_000;

export interface OpenCircuit {
  /** Of one refused call, in milliseconds. */
  latenciesMs: number[];
  /** Failed requests until it opened. */
  failures: number;
  /** Requests that came after it had opened; there should be none. */
  askedWhileOpen: number;
  /** What whoever calls is told. */
  refusal: { code: string; provider: string; retryAfterSeconds: number };
}

/** Opens a breaker by an upstream that fails, then calls it so many times. */
export async function timeOpenCircuit(databaseUrl: string, calls: number): Promise<OpenCircuit> {
  const upstream = await startFailingProvider();
  const own = await startProviders(databaseUrl, { logLevel: 'info' });
  try {
    const provider = own.providers.create({ name: 'open', baseUrl: upstream.url, attempts: 1 });
    upstream.always(answers(500));
    const schema = Joi.any();
    const ask = () =>
      provider.fetchJson({ path: '/', schema }).then(
        () => undefined,
        (error: unknown) => error as OpenCircuit['refusal'],
      );
    for (let count = 0; count < failuresThatOpen; count += 1) await ask();
    const failures = upstream.requests.length;
    let refusal = await ask();
    for (let count = 0; count < warmUp; count += 1) await ask();
    const latenciesMs: number[] = [];
    for (let count = 0; count < calls; count += 1) {
      const startedAt = performance.now();
      refusal = await ask();
      latenciesMs.push(performance.now() - startedAt);
    }
    if (refusal === undefined) throw new Error('The breaker did not open');
    return {
      latenciesMs,
      failures,
      askedWhileOpen: upstream.requests.length - failures,
      refusal: {
        code: refusal.code,
        provider: refusal.provider,
        retryAfterSeconds: refusal.retryAfterSeconds,
      },
    };
  } finally {
    await own.close();
    await upstream.close();
  }
}

export function percentileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
