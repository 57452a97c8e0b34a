import type { Finding, Surroundings } from '../claim.ts';
import { countOf, signUpCallers, startServers, storm } from './limits.ts';
import { describeCounts, grouped, summarize } from './summary.ts';

const processes = 4;
const limit = 100;
const users = 3;
const tiers = ['auth-sensitive', 'expensive'] as const;

/** Each caller sends each strict tier four times what it admits, to four processes at once. */
export async function exactLimits(
  surroundings: Surroundings,
  environment: Readonly<Record<string, string>> = {},
): Promise<Finding> {
  const servers = await startServers(surroundings, processes, {
    RATE_LIMIT_AUTH_SENSITIVE: String(limit),
    RATE_LIMIT_EXPENSIVE: String(limit),
    ...environment,
  });
  const callers = [
    { name: 'a stranger', headers: {} },
    ...(await signUpCallers(surroundings, users)),
  ];
  const paths = tiers.map((tier) => `/api/v1/probe/tiers/${tier}`);
  const times = processes * limit;
  surroundings.progress(`${times} requests of each caller and tier to ${processes} processes`);
  const pairs = await storm(servers, { callers, paths, times }, surroundings);
  const faults = pairs.flatMap(({ caller, path, outcomes }) => {
    const [admitted, refused] = [countOf(outcomes, '200'), countOf(outcomes, '429')];
    return admitted === limit && admitted + refused === times
      ? []
      : [`${caller.name}, ${path}: ${describeCounts(summarize(outcomes).counts)}`];
  });
  const outcomes = pairs.flatMap((pair) => pair.outcomes);
  const unmarked = outcomes.filter(
    ({ result, headers }) => result === '429' && !(Number(headers['retry-after']) > 0),
  );
  if (unmarked.length > 0) faults.push(`${unmarked.length} × 429 without Retry-After`);
  return {
    figure: `${pairs.length - faults.length} of ${pairs.length} limits exact, ${grouped(outcomes.length)} requests`,
    holds: faults.length === 0,
    faults,
  };
}
