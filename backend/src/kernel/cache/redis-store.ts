import type { Redis } from '../redis/index.ts';
import type { CacheStore } from './store.ts';

/**
 * A hash an entry: v value, s stored at, f fresh until, u usable until, c claimed by, l lease until. Its name holds the
 * cache's generation, so that a new generation drops them all in one step; Redis forgets the old ones in their time. A
 * generation that Redis has lost is begun anew by its clock, and never comes back to an older one.
 */
const opening = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  local generation = redis.call('GET', KEYS[1])
  if not generation then
    generation = time[1] .. '.' .. time[2]
    redis.call('SET', KEYS[1], generation)
  end
  local entry = KEYS[1] .. ':' .. generation .. ':' .. ARGV[1]
  local function number(field) return tonumber(redis.call('HGET', entry, field) or '0') end
  local function held() return redis.call('HGET', entry, 'c') == ARGV[2] end`;

const scripts = {
  read: `${opening}
    local json = redis.call('HGET', entry, 'v')
    if not json or number('u') <= now then return false end
    return { json, now - number('s'), number('f') - now, number('u') - now }`,
  claim: `${opening}
    if number('l') > now or number('f') > now then return 0 end
    local lease = tonumber(ARGV[3])
    redis.call('HSET', entry, 'c', ARGV[2], 'l', now + lease)
    -- Longer than the lease: a holder that was late with it may still come back.
    if redis.call('PTTL', entry) < lease + 60000 then redis.call('PEXPIRE', entry, lease + 60000) end
    return 1`,
  renew: `${opening}
    if not held() then return 0 end
    redis.call('HSET', entry, 'l', now + tonumber(ARGV[3]))
    return 1`,
  write: `${opening}
    if not held() then return 0 end
    redis.call('HDEL', entry, 'c', 'l')
    redis.call('HSET', entry, 'v', ARGV[3], 's', now, 'f', now + ARGV[4], 'u', now + ARGV[5])
    redis.call('PEXPIRE', entry, ARGV[5])
    return 1`,
  release: `${opening}
    if not held() then return 0 end
    redis.call('HDEL', entry, 'c', 'l')
    if redis.call('HEXISTS', entry, 'v') == 1 then
      redis.call('HSET', entry, 'l', now + tonumber(ARGV[3]))
    end
    return 1`,
  remove: `${opening}
    return redis.call('DEL', entry)`,
  removeAll: `
    local time = redis.call('TIME')
    redis.call('SET', KEYS[1], time[1] .. '.' .. time[2])
    return 1`,
};

export function createRedisStore(redis: Redis, withinMs: number): CacheStore {
  const run = (
    script: keyof typeof scripts,
    cache: string,
    ...args: (string | number)[]
  ): Promise<unknown> =>
    redis.run(
      (client) =>
        client.eval(scripts[script], {
          // In braces: all of a cache lies in one slot.
          keys: [`bulwark:cache:{${cache}}`],
          arguments: args.map((arg) => (typeof arg === 'number' ? String(Math.round(arg)) : arg)),
        }),
      withinMs,
    );

  return {
    async read(cache, key) {
      const found = (await run('read', cache, key)) as [string, number, number, number] | null;
      if (found === null) return undefined;
      const [json, ageMs, freshForMs, usableForMs] = found;
      return { json, ageMs, freshForMs, usableForMs };
    },
    claim: async (cache, key, holder, leaseMs) =>
      (await run('claim', cache, key, holder, leaseMs)) === 1,
    async renew(cache, key, holder, leaseMs) {
      await run('renew', cache, key, holder, leaseMs);
    },
    write: async (cache, key, holder, { json, freshMs, usableMs }) =>
      (await run('write', cache, key, holder, json, freshMs, usableMs)) === 1,
    async release(cache, key, holder, pauseMs) {
      await run('release', cache, key, holder, pauseMs);
    },
    async remove(cache, key) {
      await run('remove', cache, key);
    },
    async removeAll(cache) {
      await run('removeAll', cache);
    },
    // Redis forgets by itself.
    sweep: () => Promise.resolve(),
  };
}
