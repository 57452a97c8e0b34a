import { defineClaim } from '../../claim.ts';

export default defineClaim({
  id: 'crashes',
  phase: 4,
  claim: 'A fault where nobody catches it does not end the run.',
  bound: 'anything',
  seconds: 1,
  measure: () =>
    new Promise(() => {
      setImmediate(() => {
        throw new Error('thrown where nobody catches it');
      });
    }),
});
