import { defineClaim } from '../../claim.ts';

export default defineClaim({
  id: 'lacks-a-tool',
  phase: 3,
  claim: 'What needs a program is not run without it.',
  bound: 'anything',
  seconds: 1,
  needs: ['promtool'],
  measure: () => Promise.reject(new Error('was run all the same')),
});
