import { describe, expect, test } from '@jest/globals';
import { Secret } from '../config/index.ts';
import { createLogger, runWithLogContext } from './index.ts';

const token = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';

function record(): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({ level: 'trace', destination: { write: (line) => lines.push(line) } }),
  };
}
const refuse = (): never => {
  throw new Error('cannot be read');
};
const only = (lines: readonly string[]) => {
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
};

describe('a log line', () => {
  test('carries the request and the user of the work it belongs to', async () => {
    const { lines, logger } = record();
    await runWithLogContext({ requestId: 'request-1', userId: 'user-1' }, async () => {
      await Promise.resolve();
      logger.info('deep inside');
    });
    expect(only(lines)).toMatchObject({ requestId: 'request-1', userId: 'user-1', level: 'info' });
  });

  test.each([
    [{ headers: { Authorization: `Bearer ${token}`, cookie: 'a=b' } }, ['Bearer', 'a=b']],
    [{ body: { user: { password: 'hunter22222' } } }, ['hunter22222']],
    [{ a: { b: { c: { d: { access_token: 'deep-canary' } } } } }, ['deep-canary']],
    [{ list: [{ refreshToken: 'list-canary' }] }, ['list-canary']],
    [{ url: 'postgresql://postgres:canary-password@db:5432/postgres' }, ['canary-password']],
    [{ note: `the token was ${token}` }, [token]],
    [{ key: new Secret('canary-of-a-secret') }, ['canary-of-a-secret']],
    [{ 'X-Api-Key': 'key-canary' }, ['key-canary']],
    [{ from: new URL('https://user:url-canary@host.test/path') }, ['url-canary']],
    [{ own: { toJSON: () => ({ password: 'self-canary' }) } }, ['self-canary']],
    [{ bytes: Buffer.from('password') }, ['112']],
  ])('shows no secret of %j', (fields, secrets) => {
    const { lines, logger } = record();
    logger.info(fields, 'fields');
    const line = JSON.stringify(only(lines));
    for (const secret of secrets) expect(line).not.toContain(secret);
  });

  test('shows no secret of its message', () => {
    const { lines, logger } = record();
    logger.warn(`refused ${token} with sb_secret_abcdefghijklmnop`);
    expect(JSON.stringify(only(lines))).not.toMatch(/eyJ|sb_secret_abc/);
  });

  test('says of an error its type, message, code, stack and causes, and nothing else', () => {
    const { lines, logger } = record();
    const cause = Object.assign(new Error('Key (email)=(a@b.test) already exists.'), {
      code: '23505',
      detail: 'canary of a row',
    });
    logger.error({ err: new Error('outer', { cause }) }, 'failed');
    const line = only(lines);
    expect(line.err).toMatchObject({
      type: 'Error',
      message: 'outer',
      cause: { code: '23505', message: 'Key (email)=([value]) already exists.' },
    });
    expect(JSON.stringify(line)).not.toMatch(/canary|a@b\.test/);
  });

  test('says no more of an error under another name', () => {
    const { lines, logger } = record();
    logger.error({ reason: Object.assign(new Error('no'), { detail: 'canary of a row' }) }, 'no');
    expect(JSON.stringify(only(lines))).not.toContain('canary');
  });

  test('is one line, and comes, whatever it is given', () => {
    const circular: Record<string, unknown> = { name: 'loop' };
    circular.self = circular;
    const hostile = [
      circular,
      { text: 'two\nlines\r\nand\u2028more' },
      { big: 'x'.repeat(5_000_000) },
      { wide: Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, 1])) },
      { number: 10n },
      { err: 'not an error' },
      { when: new Date(Number.NaN) },
      Object.defineProperty({}, 'getter', { enumerable: true, get: refuse }),
      { inside: new Proxy({}, { ownKeys: refuse }) },
      { own: { toJSON: refuse } },
    ];
    for (const fields of hostile) {
      const { lines, logger } = record();
      logger.info(fields, 'hostile');
      expect(only(lines)).toMatchObject({ msg: 'hostile' });
      expect(lines[0]?.length).toBeLessThan(50_000);
    }
  });
});
