const millisecondsOf: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
};

/** Go keeps a duration in 64 bits of nanoseconds: about 292 years. */
const maxMilliseconds = 2 ** 63 / 1e6;

/**
 * Milliseconds of a duration as Go writes it: `24h`, `1h30m`, `1.5h`, `-10s`, `0`. Undefined for
 * anything else, days and years among them.
 */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!/^[+-]?((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (millisecondsOf[unit ?? ''] ?? Number.NaN);
  }
  if (!(total < maxMilliseconds)) return undefined;
  return text.startsWith('-') ? -total : total;
}
