import { defineClaim } from '../../claim.ts';

export default defineClaim({
  id: 'throws',
  phase: 4,
  claim: 'This can be measured.',
  bound: 'anything',
  seconds: 1,
  measure: () => Promise.reject(new Error('nothing to measure with')),
});
