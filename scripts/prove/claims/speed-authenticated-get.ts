import { authenticatedGet } from '../../bench/contests/authenticated-get.ts';
import { median } from '../../bench/support/statistics.ts';
import { cpuTimes, rateRatios, shortRules } from '../../bench/support/contest.ts';
import { defineClaim } from '../claim.ts';

const ofBare = 0.6;
const ofByHand = 4;

export default defineClaim({
  id: 'speed-authenticated-get',
  phase: 4,
  claim:
    'With everything on, an authenticated GET that needs no query has at least 0.6 of the rate of a bare Express 5 route, and 4 times that of the same hardening put together by hand.',
  bound: `at least ${ofBare} × bare Express 5 and ${ofByHand} × helmet + cors + express-rate-limit + pino-http + jose`,
  seconds: 40,
  async measure({ stack, startServer, progress }) {
    const standings = await authenticatedGet(
      stack,
      (environment) => startServer({ environment }),
      ['bare', 'by-hand'],
      { ...shortRules, progress },
    );
    const [bulwark, bare, byHand] = standings;
    if (!bulwark || !bare || !byHand) throw new Error('A server did not take part');
    const toBare = median(rateRatios(bulwark, bare));
    const toByHand = median(rateRatios(bulwark, byHand));
    return {
      figure: `${toBare.toFixed(2)} × bare Express, ${toByHand.toFixed(1)} × by hand (${cpuTimes(standings)} µs CPU a request)`,
      holds: toBare >= ofBare && toByHand >= ofByHand,
    };
  },
});
