import { randomInt } from 'node:crypto';

/** A made-up secret or personal value, and what must not be found of it anywhere. */
export interface Planted {
  kind: string;
  text: string;
}

/** A value for each kind, new ones at each call; no person, account or service has them. */
export function plantedValues(): Planted[] {
  return Object.entries(makers).map(([kind, make]) => ({ kind, text: make() }));
}

const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T;
const letters = (count: number, alphabet = 'abcdefghijkmnopqrstuvwxyz'): string =>
  Array.from({ length: count }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
const digits = (count: number): string => letters(count, '0123456789');
const alphanumeric = (count: number): string =>
  `${letters(count - 3, 'ABCDEFGHJKMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789')}7xQ`;
const base64url = (value: unknown): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

/** Words of keys are joined here, so that no line of this file looks like a real key. */
const key = (prefix: string, length: number): string => `${prefix}${alphanumeric(length)}`;

function withLuhn(stem: string): string {
  const sum = Array.from(stem)
    .reverse()
    .reduce((total, digit, index) => {
      const doubled = Number(digit) * (index % 2 === 0 ? 2 : 1);
      return total + (doubled > 9 ? doubled - 9 : doubled);
    }, 0);
  return stem + String((10 - (sum % 10)) % 10);
}

function iban(): string {
  const account = digits(18);
  // DE is 1314 where letters count as numbers.
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${account}`;
}

const spaced = (text: string, size = 4): string =>
  text.replace(new RegExp(`.{${size}}(?=.)`, 'g'), '$& ');

const makers: Record<string, () => string> = {
  email: () =>
    `${letters(6)}.${letters(5)}@${letters(7)}.${pick(['com', 'co.uk', 'example', 'io'])}`,
  'email with a tag': () =>
    `${letters(5)}+${letters(4)}${digits(2)}@${letters(5)}-${letters(4)}.org`,
  'phone, international': () => `+1${pick(['212', '415', '646'])}${pick(['2', '5'])}${digits(6)}`,
  'phone, international, spaced': () => `+44 20 7${digits(3)} ${digits(4)}`,
  'phone, American': () => `(${pick(['212', '415'])}) 5${digits(2)}-${digits(4)}`,
  'phone, American, dashed': () => `${pick(['212', '415'])}-5${digits(2)}-${digits(4)}`,
  'phone, French': () => `06 ${digits(2)} ${digits(2)} ${digits(2)} ${digits(2)}`,
  card: () => withLuhn(`4${digits(14)}`),
  'card, spaced': () => spaced(withLuhn(`5${pick(['1', '2', '3'])}${digits(13)}`)),
  'card, American Express': () => withLuhn(`37${digits(12)}`),
  iban,
  'iban, spaced': () => spaced(iban()),
  ssn: () => `${randomInt(100, 600)}-${randomInt(10, 99)}-${randomInt(1000, 9999)}`,
  ipv4: () =>
    `${pick(['203.0', '198.51', '192.168', '81.2'])}.${randomInt(1, 255)}.${randomInt(2, 254)}`,
  ipv6: () =>
    `2001:db8:${letters(4, '123456789abcdef')}::${letters(3, '123456789abcdef')}:${digits(2)}1`,
  jwt: () =>
    `${base64url({ alg: 'ES256', typ: 'JWT' })}.${base64url({ sub: letters(12), exp: 1_900_000_000 })}.${alphanumeric(43)}`,
  bearer: () => `Bearer ${alphanumeric(24)}`,
  basic: () => `Basic ${Buffer.from(`${letters(6)}:${alphanumeric(10)}`).toString('base64')}`,
  'Stripe secret key': () => key(['sk', 'live', ''].join('_'), 24),
  'Stripe restricted key': () => key(['rk', 'test', ''].join('_'), 24),
  'Stripe webhook secret': () => key('whsec_', 32),
  'Supabase key': () => key(['sb', 'secret', ''].join('_'), 28),
  'OpenAI key': () => key('sk-proj-', 40),
  'AWS key': () => `AKIA${letters(16, 'ABCDEFGHJKLMNPQRSTUVWXYZ234567')}`,
  'GitHub token': () => key('ghp_', 36),
  'Google key': () => key('AIza', 35),
  'key of nobody in particular': () => alphanumeric(40),
  'connection string': () =>
    `postgresql://${letters(6)}:${letters(5)}%2F${alphanumeric(8)}@${letters(5)}.example:5432/app`,
  'connection string with a raw password': () =>
    `postgres://${letters(6)}:${letters(4)}/#${letters(4)}@${alphanumeric(6)}@${letters(5)}.example/app`,
  'store receipt': () =>
    Buffer.from(Array.from({ length: 900 }, () => randomInt(256))).toString('base64'),
  'Play purchase token': () => `${letters(24)}.AO-J1O${alphanumeric(60)}`,
};

/** What identifies a value once scheme and host are gone: all of it that is secret. */
export function needleOf({ kind, text }: Planted): string {
  if (kind.startsWith('connection string'))
    return text.slice(text.indexOf('//') + 2, text.lastIndexOf('@'));
  return kind === 'bearer' || kind === 'basic' ? text.slice(text.indexOf(' ') + 1) : text;
}

/** How a value may be written without being lost. */
export const encodings: Readonly<Record<string, (text: string) => string>> = {
  plain: (text) => text,
  'URL-encoded': encodeURIComponent,
  'URL-encoded twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'URL-encoded to the last character': (text) =>
    [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  base64: (text) => Buffer.from(text).toString('base64'),
  base64url: (text) => Buffer.from(text).toString('base64url'),
  'base64 of JSON': (text) => Buffer.from(JSON.stringify({ note: text })).toString('base64'),
  'split by zero-width spaces': (text) => text.replace(/.{3}/g, '$&\u200b'),
  'full-width': (text) =>
    text.replace(/[!-~]/g, (each) => String.fromCharCode(each.charCodeAt(0) + 0xfee0)),
  'JSON in a string': (text) => JSON.stringify({ note: text }),
  'JSON in JSON in a string': (text) => JSON.stringify(JSON.stringify({ note: [text] })),
};
