import { defineClaim } from '../claim.ts';
import { countOf, signUpCallers, startServers, storm } from '../measure/limits.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const processes = 4;
const limit = 600;
/** What docs/operations.md says: a slice of 5 % for each process. */
const mostBeyond = processes * Math.ceil(limit / 20);
const users = 3;

export default defineClaim({
  id: 'rate-limit-overshoot',
  phase: 4,
  claim:
    'The general tiers cost a request no round trip, and four processes together admit at most four slices of 5 % beyond the limit.',
  bound: `600 to ${limit + mostBeyond} of 2,400 for each user`,
  seconds: 10,
  async measure(surroundings) {
    const servers = await startServers(surroundings, processes, {
      RATE_LIMIT_SIGNED_IN: String(limit),
    });
    const callers = await signUpCallers(surroundings, users);
    const times = processes * limit;
    surroundings.progress(`${grouped(times)} requests of each user to ${processes} processes`);
    const asked = { callers, paths: ['/api/v1/probe/tiers/signed-in'], times };
    const beyond: number[] = [];
    const faults: string[] = [];
    for (const { caller, outcomes } of await storm(servers, asked, surroundings)) {
      const [admitted, refused] = [countOf(outcomes, '200'), countOf(outcomes, '429')];
      beyond.push(admitted - limit);
      if (admitted < limit || admitted > limit + mostBeyond || admitted + refused !== times)
        faults.push(`${caller.name}: ${describeCounts(summarize(outcomes).counts)}`);
    }
    return {
      figure: `${beyond.map((count) => `+${count}`).join(', ')} beyond 600, at most +${mostBeyond} documented`,
      holds: faults.length === 0,
      faults,
    };
  },
});
