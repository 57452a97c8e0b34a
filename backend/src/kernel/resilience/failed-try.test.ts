import { describe, expect, test } from '@jest/globals';
import { failedByError, failedByStatus } from './failed-try.ts';
import { retryAfterMs } from './retry-after.ts';

const now = Date.parse('2026-11-26T05:00:00Z');

test.each([
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['999999999', 86_400_000],
  ['Thu, 26 Nov 2026 05:00:09 GMT', 9_000],
  ['Thursday, 26-Nov-26 05:00:09 GMT', 9_000],
  ['Thu, 26 Nov 2026 04:00:00 GMT', 0],
  ['Thu, 26 Nov 2036 04:00:00 GMT', 86_400_000],
  ['-1', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['2026-11-26T05:00:09Z', undefined],
  ['', undefined],
  [undefined, undefined],
])('Retry-After: %s asks for %s ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});

test.each([
  [400, 'rejected', false, false],
  [401, 'rejected', false, false],
  [404, 'rejected', false, false],
  [408, 'rejected', false, true],
  [425, 'rejected', false, true],
  [429, 'rate_limited', false, true],
  [500, 'failed', true, true],
  [501, 'failed', true, false],
  [503, 'failed', true, true],
  [529, 'failed', true, true],
  [304, 'rejected', false, false],
] as const)('HTTP %d is %s; to blame: %s, again: %s', (status, kind, blame, again) => {
  expect(failedByStatus('cards', status)).toMatchObject({ kind, blame, again });
});

describe('what a library throws', () => {
  test.each([
    ['its status', { status: 503, headers: { 'retry-after': '2' } }],
    ['its status code', { statusCode: 503, headers: new Headers({ 'retry-after': '2' }) }],
  ])('is judged by %s', (_by, error) => {
    expect(failedByError('cards', error)).toMatchObject({
      kind: 'failed',
      message: 'HTTP 503',
      retryAfterMs: 2_000,
    });
  });

  test('is a failure of the provider otherwise, known by its code', () => {
    const refused = Object.assign(new TypeError('fetch failed'), {
      cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }),
    });
    expect(failedByError('cards', refused)).toMatchObject({
      kind: 'failed',
      message: 'ECONNREFUSED',
    });
  });

  test('is shown to operators by nothing that it may have from the provider', () => {
    const odd = [new Error('token=abc'), { code: 'Bearer abc def' }, 'abc', null, undefined, 7];
    for (const error of odd)
      expect(failedByError('cards', error)).toMatchObject({ message: 'no answer', blame: true });
  });
});
