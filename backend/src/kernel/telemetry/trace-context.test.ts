import { describe, expect, test } from '@jest/globals';
import { parseTraceContext, traceHeaders } from './trace-context.ts';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';
const valid = `00-${traceId}-${spanId}-01`;

describe('a traceparent', () => {
  test.each([
    [valid, true],
    [`00-${traceId}-${spanId}-00`, false],
    [`00-${traceId}-${spanId}-03`, true],
    [`00-${traceId}-${spanId}-fe`, false],
    [`cc-${traceId}-${spanId}-01`, true],
    [`cc-${traceId}-${spanId}-01-what-the-future-brings`, true],
  ])('%s is taken up', (header, sampled) => {
    expect(parseTraceContext(header, undefined)).toEqual({
      traceId,
      spanId,
      sampled,
      state: undefined,
    });
  });

  test.each([
    [undefined],
    [''],
    [traceId],
    [`ff-${traceId}-${spanId}-01`],
    [`0-${traceId}-${spanId}-01`],
    [`00-${traceId.toUpperCase()}-${spanId}-01`],
    [`00-${traceId}-${spanId.toUpperCase()}-01`],
    [`00-${'0'.repeat(32)}-${spanId}-01`],
    [`00-${traceId}-${'0'.repeat(16)}-01`],
    [`00-${traceId.slice(1)}-${spanId}-01`],
    [`00-${traceId}-${spanId}a-01`],
    [`00-${traceId}-${spanId}-1`],
    [`00-${traceId}-${spanId}-0x`],
    [`00-${traceId}-${spanId}-01-more`],
    [`00-${traceId}-${spanId}-01-`],
    [`cc-${traceId}-${spanId}-01.more`],
    [`cc-${traceId}-${spanId}-01-${'x'.repeat(5_000)}`],
    [` ${valid}`],
    [`${valid}\n`],
    [`${valid}, ${valid}`],
    [`00_${traceId}_${spanId}_01`],
    ['00-{{7*7}}-<script>-01'],
  ])('%j is not', (header) => {
    expect(parseTraceContext(header, 'a=b')).toBeUndefined();
  });
});

describe('a tracestate', () => {
  const stateOf = (tracestate: string) => parseTraceContext(valid, tracestate)?.state;

  test.each([
    ['rojo=00f067aa0ba902b7', 'rojo=00f067aa0ba902b7'],
    ['a=1, b=2,,\tc=3', 'a=1,b=2,c=3'],
    ['fw529a3039@dt=FfAAAA;-1 2', 'fw529a3039@dt=FfAAAA;-1 2'],
  ])('%j goes on', (header, state) => {
    expect(stateOf(header)).toBe(state);
  });

  test.each([
    [''],
    ['a'],
    ['=1'],
    ['A=1'],
    ['a=1,a=2'],
    ['a=b=c'],
    ['a=née'],
    [`a=${'x'.repeat(512)}`],
    [Array.from({ length: 33 }, (_, index) => `k${index}=1`).join()],
  ])('%j is left out, and the trace goes on', (header) => {
    expect(parseTraceContext(valid, header)).toMatchObject({ traceId, state: undefined });
  });
});

test('what is handed on reads as what was taken up', () => {
  const context = parseTraceContext(valid, 'a=1,b=2');
  expect(context && traceHeaders(context)).toEqual({ traceparent: valid, tracestate: 'a=1,b=2' });
});
