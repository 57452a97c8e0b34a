import { defineClaim } from '../claim.ts';
import { measureRolling } from '../pm2/rolling.ts';

export default defineClaim({
  id: 'reload-drops-nothing',
  phase: 6,
  claim:
    'Ten times `pm2 reload`, at 500 requests a second on kept connections, some of 5 s, with 200 sockets and jobs in flight, lose no request, bring every socket back into its rooms within 2 s, and do every job’s effect once.',
  bound: '0 lost, every socket back in below 2 s, every effect once',
  seconds: 140,
  measure: (surroundings) =>
    measureRolling(surroundings, { rounds: 10, round: (pm2) => pm2.run('reload', 'all') }),
});
