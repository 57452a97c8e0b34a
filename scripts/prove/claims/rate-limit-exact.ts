import { defineClaim } from '../claim.ts';
import { exactLimits } from '../measure/exact-limits.ts';

export default defineClaim({
  id: 'rate-limit-exact',
  phase: 4,
  claim:
    'The strict tiers (auth-sensitive, expensive) admit exactly as many requests as they say, over four processes at once, counted in Postgres.',
  bound: 'exactly 100 of 400 for each caller and tier',
  seconds: 8,
  measure: (surroundings) => exactLimits(surroundings),
});
