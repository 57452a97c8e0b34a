import { startRedisServer } from '../../../backend/test/support/redis-server.ts';
import { defineClaim } from '../claim.ts';
import { measureFanOut } from '../measure/two-processes.ts';

export default defineClaim({
  id: 'fan-out-redis',
  phase: 4,
  claim:
    'With REDIS_URL the same goes through a Redis stream: each of 100 sockets on two processes hears each message once and in order.',
  bound: '0 of 40,000 lost or twice',
  seconds: 12,
  needs: ['redis-server'],
  async measure(surroundings) {
    const redis = await startRedisServer();
    try {
      return await measureFanOut(surroundings, { REDIS_URL: redis.url });
    } finally {
      await redis.stop();
    }
  },
});
