import { startRedisServer } from '../../../backend/test/support/redis-server.ts';
import { defineClaim } from '../claim.ts';
import { exactLimits } from '../measure/exact-limits.ts';

export default defineClaim({
  id: 'rate-limit-exact-redis',
  phase: 4,
  claim: 'With REDIS_URL the strict tiers are as exact over four processes, counted in Redis.',
  bound: 'exactly 100 of 400 for each caller and tier',
  seconds: 8,
  needs: ['redis-server'],
  async measure(surroundings) {
    const redis = await startRedisServer();
    try {
      return await exactLimits(surroundings, { REDIS_URL: redis.url });
    } finally {
      await redis.stop();
    }
  },
});
