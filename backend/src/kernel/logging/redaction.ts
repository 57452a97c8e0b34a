/** Keys whose values never reach a log line, at any of the depths pino is told of. */
const secretKeys = [
  'authorization',
  'cookie',
  'set-cookie',
  'apikey',
  'x-api-key',
  'password',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'secret',
  'connectionString',
];

const quoted = secretKeys.map((key) => `["${key}"]`);
export const redactedPaths = [
  ...quoted,
  ...quoted.map((key) => `*${key}`),
  ...quoted.map((key) => `*.*${key}`),
];

const jwt = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
const supabaseKey = /\bsb_(secret|publishable)_[\w-]+/g;
// Postgres repeats offending values in its messages: Key (email)=(a@b.c) already exists.
const postgresKeyDetail = /\bKey \(([^)]*)\)=\([^)]*\)/g;
const longestScrubbedText = 16_384;

/** Takes tokens, passwords in URLs and quoted row values out of free text. Long text is cut first, so the time is bounded. */
export function scrubText(text: string): string {
  const bounded =
    text.length > longestScrubbedText ? `${text.slice(0, longestScrubbedText)}…` : text;
  return bounded
    .replace(jwt, '[token]')
    .replace(urlPassword, '$1:[secret]@')
    .replace(bearer, '$1 [token]')
    .replace(supabaseKey, '[key]')
    .replace(postgresKeyDetail, 'Key ($1)=([value])');
}
