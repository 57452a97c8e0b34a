/** Nobody is believed who asks for a longer pause. */
const longestMs = 24 * 3_600_000;

/** How many milliseconds a `Retry-After` header asks for (seconds, or an HTTP date); undefined where it is none. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Math.min(Number(text) * 1_000, longestMs);
  // Date.parse reads much that is no HTTP date, such as `-1`.
  if (!/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(0, at - now), longestMs);
}
