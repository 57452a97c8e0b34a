import { describe, expect, test } from '@jest/globals';
import { AppError } from './app-error.ts';
import { errorCodes } from './codes.ts';
import { foreignCodes } from './foreign-codes.ts';
import { errorBody, errorResponse, problemBody } from './http-response.ts';
import { socketErrorBody } from './socket-ack.ts';
import { isRetryable } from './sqlstates.ts';
import { toAppError } from './to-app-error.ts';

const mark = 'zqx';

/** Text as users and attackers send it, each with the mark in it. */
const texts = [
  mark,
  `${mark}'; drop table users; --`,
  `<script>alert('${mark}')</script>`,
  `${mark}\0\r\nSet-Cookie: a=b`,
  `\u202e${mark}\ufeff\ud800`,
  '💥'.repeat(100) + mark,
  `{"__proto__":{"${mark}":1}}`,
  `\${${mark}} %s %n {{${mark}}} {#value}`,
  `postgresql://user:${mark}@db:5432/x`,
  `eyJhbGciOiJub25lIn0.${mark}.`,
  mark.repeat(1_700_000),
];

const keys = [
  'message',
  'name',
  'code',
  'status',
  'statusCode',
  'expose',
  'type',
  'severity',
  'detail',
  'details',
  'hint',
  'isJoi',
  '__isAuthError',
  '__isStorageError',
  'reasons',
  'errors',
  'cause',
  'stack',
  'syscall',
  'table',
  'constraint',
  'context',
  'path',
  'headers',
  'retryAfterSeconds',
  'toString',
  'toJSON',
  'constructor',
  'then',
];

/** Mulberry32: the same seed gives the same choices, so that a failure can be repeated. */
function randomFrom(seed: number): <T>(choices: readonly T[]) => T {
  let state = seed;
  return (choices) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed);
    const fraction = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    return choices[Math.floor(fraction * choices.length)] as (typeof choices)[0];
  };
}

const explode = (): never => {
  throw new Error(mark);
};

const everyTrapThrows = new Proxy<ProxyHandler<object>>({}, { get: () => explode });

const circular: Record<string, unknown> = { message: mark, name: mark };
circular.cause = circular;
circular.details = [circular];
circular.errors = [circular];
circular.path = [circular];

const oddities: unknown[] = [
  undefined,
  null,
  true,
  0,
  NaN,
  10n,
  Symbol(mark),
  explode,
  [],
  [mark],
  {},
  circular,
  new Date(NaN),
  new Map([[mark, mark]]),
  Buffer.from(mark),
  Promise.resolve(mark),
  Object.create(null),
  new Proxy({}, everyTrapThrows),
  new Proxy(new AppError('NOT_FOUND'), everyTrapThrows),
  new Proxy(new Error(mark), { get: explode }),
  Proxy.revocable({}, {}).proxy,
  Object.create(AppError.prototype),
  { name: 'AppError', code: 'NOT_FOUND', statusCode: 404, message: mark },
  Object.defineProperty(new Error(mark), 'code', { get: explode }),
  { toString: explode, [Symbol.toPrimitive]: explode, code: { toString: explode } },
  { isJoi: true, details: Array.from({ length: 1e5 }, () => ({ path: [mark + '!'], type: mark })) },
  {
    isJoi: true,
    details: [
      { path: Array(1e5).fill(mark + '!'), type: 'any.only', context: { valids: [circular] } },
    ],
  },
  { isJoi: true, details: [null, 1, mark, { path: { length: 1e9 }, context: explode }] },
  { __isAuthError: true, name: { toString: explode } },
  { __isAuthError: true, code: 'weak_password', reasons: Array(1e5).fill(mark) },
  Object.assign(new AggregateError([], mark), {
    errors: Array.from({ length: 1e6 }, () => circular),
  }),
];
const revoked = Proxy.revocable({}, {});
revoked.revoke();
oddities.push(revoked.proxy);

const foreign = foreignCodes.flatMap(({ codes }) => [...codes.keys()]);

/** The signs by which one library's errors are known. */
const disguises: readonly ((code: unknown, text: string) => object)[] = [
  (_, text) => new Error(text),
  (code, text) => Object.assign(new Error(text), { code }),
  (code, text) => Object.assign(new Error(text), { severity: 'ERROR', code, detail: text }),
  (code, text) => Object.assign(new Error(text), { __isAuthError: true, code, name: text }),
  (code, text) => Object.assign(new Error(text), { __isStorageError: true, code }),
  (code, text) => ({ code, message: text, details: text, hint: text }),
  (code, text) => ({ type: code, expose: true, status: 400, statusCode: 400, message: text }),
  (_, text) => ({
    isJoi: true,
    details: [{ type: 'any.only', path: [text], context: { valids: [] } }],
  }),
  (code, text) => Object.assign(new TypeError('fetch failed'), { cause: { code, message: text } }),
];

/** One library's error, with a few of its properties replaced by whatever there is. */
function randomThrown(seed: number): unknown {
  const pick = randomFrom(seed);
  const base = pick(disguises)(pick(foreign), pick(texts));
  const value = (): unknown =>
    pick<() => unknown>([
      () => pick(texts),
      () => pick(foreign),
      () => pick(oddities),
      () => pick([true, false, 0, 400, 404, 500, 503, -1, 1e9]),
      () => [pick(oddities), { path: [pick(texts)], type: pick(texts) }],
    ])();
  for (let count = pick([0, 0, 1, 2, 5]); count > 0; count -= 1) {
    const accessor = pick([true, false, false, false, false]);
    Object.defineProperty(base, pick(keys), {
      ...(accessor ? { get: explode } : { value: value(), enumerable: true }),
      configurable: true,
    });
  }
  return base;
}

function expectSilent(thrown: unknown): AppError {
  const error = toAppError(thrown);
  expect(Object.keys(errorCodes)).toContain(error.code);
  expect([true, false]).toContain(isRetryable(thrown));
  const context = { requestId: 'r-1', path: '/' };
  const sent = JSON.stringify([
    errorBody(error, context),
    problemBody(error, context),
    socketErrorBody(error, { requestId: 'r-1', event: 'e' }),
    errorResponse(error, context).headers,
  ]);
  // A field may be called anything that is a plain name, such as the mark itself.
  const fieldless = sent.replaceAll(/"field":"[^"]*"/g, '');
  expect(fieldless).not.toContain(mark);
  expect(sent.length).toBeLessThan(60_000);
  return error;
}

describe('Whatever is thrown', () => {
  test('text says nothing of itself to the client', () => {
    for (const text of texts) {
      for (const thrown of [
        text,
        new Error(text),
        { message: text },
        { error: text, code: text },
      ]) {
        expectSilent(thrown);
        expect(toAppError(thrown).code).toBe('INTERNAL_ERROR');
      }
    }
  });

  test('oddities are answered', () => {
    for (const thrown of oddities) expectSilent(thrown);
  });

  test('what cannot be read is replaced, so that the log can be written', () => {
    for (const thrown of [new Proxy({}, everyTrapThrows), revoked.proxy]) {
      const { cause } = toAppError(thrown);
      expect(cause).toBeInstanceOf(Error);
      expect(cause).not.toBe(thrown);
    }
  });

  test('ten thousand mixtures of all libraries’ errors are answered', () => {
    const codes = new Set<string>();
    for (let seed = 1; seed <= 10_000; seed += 1) codes.add(expectSilent(randomThrown(seed)).code);
    // They do reach the tables.
    expect(codes.size).toBeGreaterThan(20);
  });

  test('huge things take no time', () => {
    const huge = mark.repeat(1_700_000);
    const thrown = {
      severity: huge,
      code: huge,
      message: huge,
      name: huge,
      type: huge,
      cause: huge,
    };
    const start = performance.now();
    for (let count = 0; count < 100; count += 1) toAppError(thrown);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('An AppError', () => {
  test('passes through as it is', () => {
    const error = new AppError('CONFLICT', { message: 'Own words.' });
    expect(toAppError(error)).toBe(error);
  });

  test('that is only imitated does not', () => {
    const imitation = { name: 'AppError', code: 'NOT_FOUND', statusCode: 404, message: mark };
    expect(toAppError(imitation).code).toBe('INTERNAL_ERROR');
    expect(toAppError(Object.create(AppError.prototype)).code).toBe('INTERNAL_ERROR');
    expect(toAppError(new Proxy(new AppError('NOT_FOUND'), {})).code).toBe('INTERNAL_ERROR');
  });
});

test('A thrown string is kept for the log, cut short', () => {
  expect(toAppError('a'.repeat(9999)).cause).toBe('a'.repeat(500));
});
