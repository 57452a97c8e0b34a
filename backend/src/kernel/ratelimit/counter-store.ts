import type { Database } from '../db/index.ts';
import type { Redis } from '../redis/index.ts';
import { windowMs } from './tiers.ts';

/** Points that were taken from one counter. */
export interface Taken {
  key: string;
  points: number;
}

/** What a counter is now, over all processes. */
export interface Count {
  /** Points of the present window, those just added included. */
  count: number;
  /** Milliseconds until the window ends. */
  endsInMs: number;
}

/** Where the processes meet. */
export interface CounterStore {
  /**
   * Adds to many counters in one round trip; the answers are in the order of `taken`, whose keys differ. A window begins with
   * its first point. Rejects when the store does not answer in time; the points may be counted all the same.
   */
  add(taken: readonly Taken[]): Promise<readonly Count[]>;
  /** Drops what has ended. */
  sweep(): Promise<void>;
}

/** A store that takes longer is as good as down: this is the most that it may cost a request. */
const defaultAnswerWithinMs = 500;
const sweepWithinMs = 5_000;

const takePoints = `
  insert into bulwark.rate_limits as counter (key, points, window_ends_at)
  select taken.key, taken.points, statement_timestamp() + make_interval(secs => $3)
  from unnest($1::text[], $2::integer[]) as taken (key, points)
  -- Two processes with the same keys lock them in the same order.
  order by taken.key
  on conflict (key) do update set
    points = excluded.points
      + case when counter.window_ends_at > statement_timestamp() then counter.points else 0 end,
    window_ends_at = case when counter.window_ends_at > statement_timestamp()
      then counter.window_ends_at else excluded.window_ends_at end
  returning key, points as count,
    ceil(extract(epoch from window_ends_at - clock_timestamp()) * 1000)::integer as "endsInMs"`;

export function createPostgresStore(
  db: Database,
  answerWithinMs = defaultAnswerWithinMs,
): CounterStore {
  return {
    async add(taken) {
      const keys = taken.map(({ key }) => key);
      const points = taken.map((entry) => entry.points);
      const { rows } = await db.statement<Count & { key: string }>(
        takePoints,
        [keys, points, windowMs / 1000],
        answerWithinMs,
      );
      const counts = new Map(rows.map((row) => [row.key, row]));
      return keys.map((key) => known(counts.get(key)));
    },
    async sweep() {
      // Counters in use are left to the next sweep, so that nobody waits for this one.
      await db.statement(
        `delete from bulwark.rate_limits where key in (
           select key from bulwark.rate_limits where window_ends_at < clock_timestamp()
           for update skip locked)`,
        [],
        sweepWithinMs,
      );
    },
  };
}

const addInRedis = `
  local counts = {}
  for i, key in ipairs(KEYS) do
    counts[2 * i - 1] = redis.call('INCRBY', key, ARGV[i + 1])
    local left = redis.call('PTTL', key)
    if left < 0 then
      redis.call('PEXPIRE', key, ARGV[1])
      left = tonumber(ARGV[1])
    end
    counts[2 * i] = left
  end
  return counts`;

export function createRedisStore(
  redis: Redis,
  answerWithinMs = defaultAnswerWithinMs,
): CounterStore {
  return {
    async add(taken) {
      const reply = await redis.run(
        (client) =>
          client.eval(addInRedis, {
            keys: taken.map(({ key }) => `bulwark:rate:${key}`),
            arguments: [String(windowMs), ...taken.map(({ points }) => String(points))],
          }),
        answerWithinMs,
      );
      const numbers = reply as number[];
      return taken.map((_, index) => ({
        count: numbers[2 * index] ?? Number.NaN,
        endsInMs: numbers[2 * index + 1] ?? Number.NaN,
      }));
    },
    // Redis forgets by itself.
    sweep: () => Promise.resolve(),
  };
}

function known(count: Count | undefined): Count {
  if (count === undefined) throw new Error('A counter was not answered');
  return count;
}
