const jwt = /\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g;
const urlPassword = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;
const bearer = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
const supabaseKey = /\bsb_(secret|publishable)_[\w-]+/g;
// Postgres repeats offending values in its messages: Key (email)=(a@b.c) already exists.
const postgresKeyDetail = /\bKey \(([^)]*)\)=\([^)]*\)/g;
const longestScrubbedText = 16_384;
/** No pattern below matches anything shorter. */
const shortestSecret = 12;

/** Takes tokens, passwords in URLs and quoted row values out of free text. Long text is cut first, so the time is bounded. */
export function scrubText(text: string): string {
  if (text.length < shortestSecret) return text;
  const bounded =
    text.length > longestScrubbedText ? `${text.slice(0, longestScrubbedText)}…` : text;
  return bounded
    .replace(jwt, '[token]')
    .replace(urlPassword, '$1:[secret]@')
    .replace(bearer, '$1 [token]')
    .replace(supabaseKey, '[key]')
    .replace(postgresKeyDetail, 'Key ($1)=([value])');
}
