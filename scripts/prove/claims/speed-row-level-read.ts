import { rowLevelRead } from '../../bench/contests/row-level-read.ts';
import { median } from '../../bench/support/statistics.ts';
import { cpuTimes, rateRatios, shortRules } from '../../bench/support/contest.ts';
import { defineClaim } from '../claim.ts';

const ofBare = 0.6;

export default defineClaim({
  id: 'speed-row-level-read',
  phase: 4,
  claim:
    "A read with everything on, with its caller's rights under row-level security, has at least 0.6 of the rate of the same SELECT by a bare pool in bare Express.",
  bound: `at least ${ofBare} × a bare pg pool in bare Express 5`,
  seconds: 30,
  async measure({ stack, startServer, progress }) {
    const standings = await rowLevelRead(stack, (environment) => startServer({ environment }), {
      ...shortRules,
      progress,
    });
    const [bulwark, bare] = standings;
    if (!bulwark || !bare) throw new Error('A server did not take part');
    const ratio = median(rateRatios(bulwark, bare));
    return {
      figure: `${ratio.toFixed(2)} × a bare pool (${cpuTimes(standings)} µs CPU a request)`,
      holds: ratio >= ofBare,
    };
  },
});
