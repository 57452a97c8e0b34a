import { createHash } from 'node:crypto';
import type { Database, Transaction } from '../../../kernel/db/index.ts';

export type Kind = 'subscription' | 'one-time';

/** A purchase token and what is known of its dealings with Google. The token stays in here and in requests to Google. */
export interface KnownToken {
  key: string;
  token: string;
  kind: Kind;
  createdAt: Date;
  unacknowledgedSince: Date | null;
  replacedAt: Date | null;
}

export type TokenRepository = ReturnType<typeof createTokenRepository>;

/** What a purchase is called everywhere else. */
export const keyOf = (token: string): string => createHash('sha256').update(token).digest('hex');

const withinMs = 2_000;
const columns = `key, token, kind, created_at as "createdAt",
  unacknowledged_since as "unacknowledgedSince", replaced_at as "replacedAt"`;

export function createTokenRepository(db: Database) {
  async function one(sql: string, values: readonly unknown[]): Promise<KnownToken | undefined> {
    const { rows } = await db.statement<KnownToken>(sql, values, withinMs);
    return rows[0];
  }
  const find = (key: string): Promise<KnownToken | undefined> =>
    one(`select ${columns} from billing.google_tokens where key = $1`, [key]);

  return {
    find,
    /** The token is known from now on; `at`: when it was first heard of. */
    async remember(token: string, kind: Kind, at = new Date()): Promise<KnownToken> {
      const key = keyOf(token);
      const row =
        (await one(
          `insert into billing.google_tokens (key, token, kind, created_at) values ($1, $2, $3, $4)
           on conflict (key) do nothing returning ${columns}`,
          [key, token, kind, at],
        )) ?? (await find(key));
      if (row === undefined) throw new Error('A purchase token that was there is gone');
      return row;
    },
    /** Another purchase stands in its place, since now or since it was first told so. */
    async replaced(token: string): Promise<KnownToken | undefined> {
      return one(
        `insert into billing.google_tokens (key, token, kind, replaced_at)
         values ($1, $2, 'subscription', now())
         on conflict (key) do update set replaced_at = coalesce(google_tokens.replaced_at, now())
         returning ${columns}`,
        [keyOf(token), token],
      );
    },
    async ownerOf(key: string): Promise<string | null> {
      const { rows } = await db.statement<{ userId: string | null }>(
        `select user_id as "userId" from billing.purchases where provider = 'google' and key = $1`,
        [key],
        withinMs,
      );
      return rows[0]?.userId ?? null;
    },
    /** It waits for our acknowledgement. */
    async awaits(tx: Transaction, key: string, since: Date): Promise<void> {
      await tx.queryAsLogin(
        `update billing.google_tokens
         set unacknowledged_since = coalesce(unacknowledged_since, $2) where key = $1`,
        [key, since],
      );
    },
    /** It is acknowledged, or there is nothing to acknowledge any more. */
    async settled(tx: Transaction, key: string): Promise<void> {
      await tx.queryAsLogin(
        `update billing.google_tokens set unacknowledged_since = null
         where key = $1 and unacknowledged_since is not null`,
        [key],
      );
    },
    /** Keys of those that wait for longer than so many seconds, the oldest first. */
    async unacknowledged(seconds: number, limit: number): Promise<string[]> {
      const { rows } = await db.statement<{ key: string }>(
        `select key from billing.google_tokens
         where unacknowledged_since < now() - make_interval(secs => $1)
         order by unacknowledged_since limit $2`,
        [seconds, limit],
        withinMs,
      );
      return rows.map(({ key }) => key);
    },
    /** Seconds; 0 where none waits. */
    async oldestUnacknowledged(): Promise<number> {
      const { rows } = await db.statement<{ seconds: number | null }>(
        `select extract(epoch from now() - min(unacknowledged_since))::float8 as seconds
         from billing.google_tokens where unacknowledged_since is not null`,
        [],
        withinMs,
      );
      return Math.max(0, rows[0]?.seconds ?? 0);
    },
  };
}
