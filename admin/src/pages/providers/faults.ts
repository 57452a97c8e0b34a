import type { Faults } from '../../api/types.ts';

/** The ways in which a provider usually fails, ready to be chosen. */
export const presets = {
  down: ['Down: answers 503', { status: 503 }],
  hiccup: ['Down for the next 5 calls', { status: 503, forNext: 5 }],
  limited: ['Rate limited: 429, Retry-After 5 s', { rate429: { retryAfterSeconds: 5 } }],
  slow: ['Slow: 3 s an answer', { latencyMs: 3_000 }],
  flaky: ['Flaky: half of the calls fail', { failRate: 0.5, status: 500 }],
  reset: ['Cuts the connection', { reset: true }],
  garbage: ['Answers garbage', { garbage: true }],
  trickle: ['Body never ends', { slowBody: true }],
  quota: ['Quota used up', { quota: { remaining: 0 } }],
} as const satisfies Record<string, readonly [title: string, faults: Faults]>;

export type Preset = keyof typeof presets;

/** What a provider does wrong, in words; empty where it does nothing wrong. */
export function faultsInWords(faults: Faults): string {
  const { latencyMs, status, rate429, reset, garbage, slowBody, quota, failRate, forNext } = faults;
  const words = [
    latencyMs ? `${latencyMs} ms late` : '',
    status ? `answers ${status}` : '',
    rate429 ? `429 with Retry-After ${rate429.retryAfterSeconds} s` : '',
    reset === true ? 'cuts the connection' : '',
    garbage === true ? 'answers garbage' : '',
    slowBody === true ? 'body never ends' : '',
    quota ? `quota of ${quota.remaining}` : '',
    failRate === undefined ? '' : `for ${Math.round(failRate * 100)} % of the calls`,
    forNext === undefined ? '' : `for the next ${forNext} calls`,
  ];
  return words.filter((word) => word !== '').join(', ');
}
