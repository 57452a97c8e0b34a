import { createHash } from 'node:crypto';
import type { Caller } from '../../kernel/auth/index.ts';
import type { Reply } from '../../kernel/http/index.ts';
import { Joi, optional, shape } from '../../kernel/schema/index.ts';

export const ifNoneMatch = shape({ 'if-none-match': optional(Joi.string().max(1_000)) });

/** What every cached answer is declared with. */
export const cacheHeaders = {
  ETag: 'For If-None-Match',
  'Cache-Control': 'How long anybody may keep it',
};
export const notModified = { description: 'What If-None-Match names is still what it is' };

/** A minute as it is, five more while it is asked for anew: prices move a few times a day. */
const forAnybody = 'public, max-age=60, stale-while-revalidate=300';

/**
 * An answer that browsers and proxies may keep. The tag is made of the content, so one whose prices were looked at again and
 * not changed is still the same. What admins are shown is not for others, so only anonymous answers are for anybody.
 */
export function publicAnswer(
  body: unknown,
  headers: { 'if-none-match'?: string },
  caller: Caller,
): Reply {
  const tag = `"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 27)}"`;
  const validators = {
    ETag: tag,
    'Cache-Control': caller.kind === 'anonymous' ? forAnybody : 'private, no-cache',
    Vary: 'Authorization',
  };
  const known = (headers['if-none-match'] ?? '')
    .split(',')
    // Compressing proxies weaken tags.
    .map((one) => one.trim().replace(/^W\//, ''));
  return known.includes(tag) || known.includes('*')
    ? { status: 304, headers: validators }
    : { headers: validators, body };
}
