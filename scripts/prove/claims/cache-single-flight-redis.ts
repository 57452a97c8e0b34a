import { startRedisServer } from '../../../backend/test/support/redis-server.ts';
import { defineClaim } from '../claim.ts';
import { cacheSingleFlight } from '../measure/cache-single-flight.ts';

export default defineClaim({
  id: 'cache-single-flight-redis',
  phase: 4,
  claim: 'With REDIS_URL a key is loaded once over two processes, too, and a kill costs no more.',
  bound: '1 load; after SIGKILL back within 5 s',
  seconds: 15,
  needs: ['redis-server'],
  async measure(surroundings) {
    const redis = await startRedisServer();
    try {
      return await cacheSingleFlight(surroundings, { REDIS_URL: redis.url });
    } finally {
      await redis.stop();
    }
  },
});
