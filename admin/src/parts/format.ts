const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** `1,204`, and `0.4` below ten. */
export const count = (value: number): string => (Math.abs(value) < 10 ? fine : whole).format(value);

/** `12 ms`, `1.4 s`; a dash for nothing measured. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  return ms < 1_000 ? `${count(ms)} ms` : `${fine.format(ms / 1_000)} s`;
}

/** `48 s`, `3 min`, `2 h`, `5 d`. */
export function span(seconds: number): string {
  if (seconds < 90) return `${whole.format(seconds)} s`;
  if (seconds < 5_400) return `${whole.format(seconds / 60)} min`;
  if (seconds < 172_800) return `${whole.format(seconds / 3_600)} h`;
  return `${whole.format(seconds / 86_400)} d`;
}

export function percent(part: number, all: number): string {
  return all === 0 ? '–' : `${fine.format((100 * part) / all)} %`;
}

/** The beginning of an id is enough to know it by. */
export const short = (id: string): string => (id.length > 12 ? id.slice(0, 8) : id);

const clock = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const full = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });

export const clockTime = (at: string | Date): string => clock.format(new Date(at));
export const fullTime = (at: string | Date): string => full.format(new Date(at));

/** What was thrown, in words. */
export const inWords = (error: unknown): string =>
  error instanceof Error ? error.message : 'Something went wrong.';
