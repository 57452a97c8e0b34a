import { defineClaim } from '../claim.ts';
import { measureRolling } from '../pm2/rolling.ts';

export default defineClaim({
  id: 'restart-drops-nothing',
  phase: 6,
  claim:
    'Ten times `pm2 restart all --parallel 1`, under the same load on two processes, lose no request, bring every socket back into its rooms within 2 s, and do every job’s effect once.',
  bound: '0 lost, every socket back in below 2 s, every effect once',
  seconds: 180,
  measure: (surroundings) =>
    measureRolling(surroundings, {
      rounds: 10,
      round: (pm2) => pm2.run('restart', 'all', '--parallel', '1'),
    }),
});
