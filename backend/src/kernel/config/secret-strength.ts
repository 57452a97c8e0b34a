import type { Facts, Setting } from './section.ts';
import { isPubliclyKnown, isSupabaseCliDefault } from './known-secrets.ts';

const minLength = 32;

/** Passwords that every list begins with. Local databases have them; nothing that others can reach may. */
const defaultPasswords = new Set(
  'admin default letmein pass passwd password postgres qwerty root secret supabase test user'.split(
    ' ',
  ),
);

const placeholderWords = new Set(
  'changeme dummy example fixme none null placeholder replaceme sample tbd todo undefined unset'.split(
    ' ',
  ),
);
const placeholderParts =
  /(?<![a-z0-9])(your[-_ ]|change[-_ ]?me|change[-_ ]?this|replace[-_ ]?(me|this|with)|placeholder|insert[-_ ]|todo[-_ ]|x{3,}(?![a-z0-9]))|<[a-z][a-z0-9 _-]{2,}>/i;

export interface Weakness {
  readonly problem: string;
  readonly remedy: string;
}

/** Whether the text was never meant as a value: `changeme`, `your-key`, `<key>`, `xxx`, and what `.env.example` shows. */
export function isPlaceholder(text: string): boolean {
  const bare = text.toLowerCase().replace(/[^a-z0-9]/g, '');
  return placeholderWords.has(bare) || placeholderParts.test(text) || isMonotonous(text);
}

/** One, two or three different characters in a long row are a filled-in form, not a random value. */
const isMonotonous = (text: string): boolean => text.length > 7 && new Set(text).size < 4;

export const placeholderWeakness = {
  problem: 'holds a placeholder',
  remedy: 'Replace it with the real value',
} as const satisfies Weakness;

/** What makes a secret unfit; `kind` says how it is judged. */
export function weaknessOf(
  kind: Exclude<Setting<unknown>['secret'], false>,
  text: string,
  facts: Facts,
): Weakness | undefined {
  if (isPlaceholder(text)) return placeholderWeakness;
  return kind === 'key' ? weaknessOfKey(text, facts) : weaknessOfConnection(text, facts);
}

function weaknessOfKey(text: string, facts: Facts): Weakness | undefined {
  if (text.length < minLength)
    return {
      problem: `is shorter than ${minLength} characters`,
      remedy: 'Use the key as it was issued; make one of your own with: openssl rand -base64 48',
    };
  const known = isPubliclyKnown(text) && (facts.deployed || !isSupabaseCliDefault(text));
  return known
    ? { problem: 'is publicly known', remedy: 'Make a new one: openssl rand -base64 48' }
    : undefined;
}

function weaknessOfConnection(text: string, facts: Facts): Weakness | undefined {
  const url = new URL(text);
  const password = decode(url.password);
  if (isPlaceholder(password)) return placeholderWeakness;
  const guessable =
    password !== '' &&
    (defaultPasswords.has(password.toLowerCase()) ||
      /^\d{1,9}$/.test(password) ||
      password === decode(url.username) ||
      isPubliclyKnown(password));
  return guessable && facts.deployed
    ? { problem: 'has a publicly known password', remedy: 'Give the account a random password' }
    : undefined;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
