import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** What operators read logs for. New values at each call. */
export function harmlessValues(): { kind: string; text: string }[] {
  return Object.entries(makers).map(([kind, make]) => ({ kind, text: make() }));
}

const hex = (bytes: number): string => randomBytes(bytes).toString('hex');
const digits = (count: number): string =>
  String(randomInt(1, 10)) + Array.from({ length: count - 1 }, () => randomInt(10)).join('');
const padded = (most: number, length: number): string =>
  String(randomInt(most)).padStart(length, '0');
const when = (): Date =>
  new Date(1_600_000_000_000 + randomInt(300_000_000) * 1000 + randomInt(1000));
const word = (): string =>
  ['recipes', 'orders', 'sessions', 'uploads', 'invoices'][randomInt(5)] as string;

const makers: Record<string, () => string> = {
  'request id': () => randomUUID(),
  'version 7 UUID': () =>
    randomUUID().replace(/^.{13}/, (start) => `0192${start.slice(4, 8)}-${start.slice(9)}`),
  'request id of a provider': () => `req_${hex(8)}`,
  'order number': () => `ORD-${randomInt(2020, 2030)}-${padded(999_999, 6)}`,
  'order number, digits': () => `#${digits(randomInt(5, 11))}`,
  'invoice number': () => `INV-${padded(99_999, 5)}`,
  version: () => `${randomInt(30)}.${randomInt(40)}.${randomInt(40)}`,
  'version with a tag': () => `v${randomInt(30)}.${randomInt(40)}.0-beta.${randomInt(20)}`,
  price: () => `$${randomInt(1, 9)},${padded(999, 3)}.${padded(99, 2)}`,
  'price in cents': () => String(randomInt(100, 9_999_999)),
  'price in euros': () => `${randomInt(1, 9999)},${padded(99, 2)} €`,
  timestamp: () => when().toISOString(),
  'timestamp, seconds': () => String(Math.floor(when().getTime() / 1000)),
  'timestamp, milliseconds': () => String(when().getTime()),
  date: () => when().toISOString().slice(0, 10),
  'date, European': () => `${padded(28, 2)}.${padded(12, 2)}.${randomInt(2020, 2030)}`,
  time: () => when().toISOString().slice(11, 23),
  duration: () => `${randomInt(1000)}.${padded(99, 2)}ms`,
  'commit, whole': () => hex(20),
  'commit, short': () => hex(4).slice(0, 7),
  'SHA-256': () => hex(32),
  route: () => `/api/v1/${word()}/:id/${word()}`,
  path: () => `/api/v1/${word()}/${randomUUID()}`,
  'path with a page': () => `/api/v1/${word()}?page=${randomInt(1, 99)}&limit=${randomInt(1, 100)}`,
  'trace parent': () => `00-${hex(16)}-${hex(8)}-01`,
  'error code': () =>
    ['DATABASE_UNAVAILABLE', '23505', 'ECONNREFUSED', 'PGRST116'][randomInt(4)] as string,
  constraint: () => `unique constraint "${word()}_slug_key"`,
  'stack line': () =>
    `at async handle (file:///srv/app/backend/dist/kernel/http/mount-routes.js:${randomInt(1, 300)}:${randomInt(1, 90)})`,
  'host and port': () => `db-${randomInt(9)}.internal:${randomInt(1024, 65_535)}`,
  loopback: () => `127.0.0.1:${randomInt(1024, 65_535)}`,
  bytes: () => `${randomInt(1, 9_999_999)} bytes`,
  percentage: () => `${randomInt(100)}.${randomInt(10)}%`,
  'id of a job': () => `job-${digits(8)}`,
  'nano id': () => randomBytes(16).toString('base64url').slice(0, 21),
  'user agent': () =>
    `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/${randomInt(99, 140)}.0.0.0 Safari/537.36`,
};
