import { describe, expect, test } from '@jest/globals';
import { AppError, validationFailed } from './app-error.ts';
import { errorCodes, type ErrorCode } from './codes.ts';
import { acceptsProblem, errorBody, errorResponse, problemBody } from './http-response.ts';
import { socketErrorBody } from './socket-ack.ts';

const now = new Date('2025-01-31T12:00:00.000Z');
const context = { requestId: 'r-1', path: '/api/v1/recipes?token=abc', now };

describe('The error body', () => {
  test('has the six members, and no query string in the path', () => {
    expect(errorBody(new AppError('NOT_FOUND'), context)).toEqual({
      error: 'NOT_FOUND',
      message: 'Nothing was found here.',
      statusCode: 404,
      requestId: 'r-1',
      timestamp: '2025-01-31T12:00:00.000Z',
      path: '/api/v1/recipes',
    });
  });

  test('names field and reason of validation faults, and nothing else of them', () => {
    const fault = { field: 'title', reason: 'is required', value: 'secret' };
    const body = errorBody(validationFailed([fault]), context);
    expect(body.details).toEqual([{ field: 'title', reason: 'is required' }]);
  });

  test('never holds cause or stack', () => {
    const error = new AppError('INTERNAL_ERROR', { cause: new Error('secret cause') });
    for (const body of [
      errorBody(error, context),
      problemBody(error, context),
      socketErrorBody(error, { requestId: 'r-1', event: 'e', now }),
    ]) {
      expect(JSON.stringify(body)).not.toMatch(/secret|stack|\.ts/);
    }
  });

  test('stays small whatever the path', () => {
    const body = errorBody(new AppError('NOT_FOUND'), { ...context, path: '/x'.repeat(1e6) });
    expect(JSON.stringify(body).length).toBeLessThan(2000);
  });
});

describe('The problem document', () => {
  test('has the members of RFC 9457 and ours beside them', () => {
    expect(problemBody(validationFailed([{ field: 'a', reason: 'b' }]), context)).toEqual({
      type: 'about:blank',
      title: 'Bad Request',
      status: 400,
      detail: 'The request is not valid.',
      instance: '/api/v1/recipes',
      error: 'VALIDATION_FAILED',
      requestId: 'r-1',
      timestamp: '2025-01-31T12:00:00.000Z',
      details: [{ field: 'a', reason: 'b' }],
    });
  });

  test.each([
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['application/*', false],
    ['application/json', false],
    ['application/problem+json', true],
    ['Application/Problem+JSON', true],
    ['application/problem+json, application/json', true],
    ['application/json, application/problem+json;q=0.5', false],
    ['application/json;q=0.4, application/problem+json;q=0.5', true],
    ['application/problem+json;q=0', false],
    ['application/problem+json;q=nonsense', false],
    ['text/html, application/problem+json;charset=utf-8;q=0.9, */*;q=0.1', true],
    [','.repeat(1e6), false],
  ])('is sent for Accept %p: %p', (accept, expected) => {
    expect(acceptsProblem(accept?.slice(0, 1e6))).toBe(expected);
  });
});

describe('The whole answer', () => {
  test('is JSON by default and a problem document when asked for', () => {
    const error = new AppError('CONFLICT');
    expect(errorResponse(error, context)).toMatchObject({
      status: 409,
      headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
      body: { statusCode: 409, path: '/api/v1/recipes' },
    });
    expect(errorResponse(error, { ...context, accept: 'application/problem+json' })).toMatchObject({
      headers: { 'Content-Type': 'application/problem+json' },
      body: { status: 409, instance: '/api/v1/recipes' },
    });
  });

  test('of every 503 says when to come back, of every 401 how to sign in, and of no other', () => {
    for (const code of Object.keys(errorCodes) as ErrorCode[]) {
      const { status, headers } = errorResponse(new AppError(code), context);
      expect([code, 'Retry-After' in headers]).toEqual([code, status === 503]);
      expect([code, 'WWW-Authenticate' in headers]).toEqual([code, status === 401]);
    }
  });

  test('says that a token is invalid only where one was sent', () => {
    const challenge = (code: ErrorCode) =>
      errorResponse(new AppError(code), context).headers['WWW-Authenticate'];
    expect(challenge('TOKEN_EXPIRED')).toBe('Bearer error="invalid_token"');
    expect(challenge('UNAUTHENTICATED')).toBe('Bearer');
  });

  test("carries the error's own headers and its own Retry-After in whole seconds", () => {
    const error = new AppError('RATE_LIMITED', {
      retryAfterSeconds: 1.2,
      headers: { 'RateLimit-Limit': '10' },
    });
    expect(errorResponse(error, context).headers).toMatchObject({
      'Retry-After': '2',
      'RateLimit-Limit': '10',
    });
  });
});

describe('The acknowledgement over a socket', () => {
  test('has the event in place of the path, and the time to wait in the body', () => {
    const error = new AppError('DATABASE_UNAVAILABLE', { retryAfterSeconds: 7 });
    expect(socketErrorBody(error, { requestId: 'r-1', event: 'session:join', now })).toEqual({
      error: 'DATABASE_UNAVAILABLE',
      message: 'The database is not reachable. Try again soon.',
      statusCode: 503,
      requestId: 'r-1',
      timestamp: '2025-01-31T12:00:00.000Z',
      event: 'session:join',
      retryAfterSeconds: 7,
    });
  });

  test('names validation faults as HTTP does', () => {
    const body = socketErrorBody(validationFailed([{ field: 'a', reason: 'b' }]), {
      requestId: 'r-1',
      event: 'e',
    });
    expect(body.details).toEqual([{ field: 'a', reason: 'b' }]);
  });
});
