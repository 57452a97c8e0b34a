import { defineClaim } from '../claim.ts';
import { measureFanOut } from '../measure/two-processes.ts';

export default defineClaim({
  id: 'fan-out-postgres',
  phase: 4,
  claim:
    'What one of two processes says to a room reaches each of its 100 sockets on both, once and in order, through Postgres alone.',
  bound: '0 of 40,000 lost or twice',
  seconds: 12,
  measure: (surroundings) => measureFanOut(surroundings, {}),
});
