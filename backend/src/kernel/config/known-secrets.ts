import { createHash } from 'node:crypto';
import { hashBytes, knownSecretHashes } from './known-secret-hashes.ts';

// What `supabase start` gives everyone on their own machine: its JWT secret, publishable key and secret key.
const supabaseCliDefaults = new Set(['a064b502e61d27e9', '9705102db0d5f99e', 'c85debb55f2f204d']);

const known = unpack(knownSecretHashes);

/** Whether this very secret stands in a public list: word lists for token forgery, samples, product defaults. */
export function isPubliclyKnown(secret: string): boolean {
  return known.has(hash(secret));
}

/** Public as well, but what a developer with the Supabase CLI has to use. */
export function isSupabaseCliDefault(secret: string): boolean {
  return supabaseCliDefaults.has(hash(secret));
}

function hash(secret: string): string {
  return createHash('sha256')
    .update(secret)
    .digest('hex')
    .slice(0, 2 * hashBytes);
}

function unpack(packed: string): ReadonlySet<string> {
  const hex = Buffer.from(packed, 'base64').toString('hex');
  return new Set(hex.match(new RegExp(`.{${2 * hashBytes}}`, 'g')));
}
