import { defineClaim } from '../claim.ts';
import { cacheSingleFlight } from '../measure/cache-single-flight.ts';

export default defineClaim({
  id: 'cache-single-flight',
  phase: 4,
  claim:
    'A key that 100 requests to two processes ask for at once is loaded once; what a process was loading when it was killed, the other has within 5 s.',
  bound: '1 load; after SIGKILL back within 5 s',
  seconds: 15,
  measure: (surroundings) => cacheSingleFlight(surroundings),
});
