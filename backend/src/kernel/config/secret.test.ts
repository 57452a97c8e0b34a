import { describe, expect, test } from '@jest/globals';
import { format, inspect } from 'node:util';
import pino from 'pino';
import { Secret } from './secret.ts';

const value = 'canary-4f1c';
const secret = new Secret(value);
// What a program without types would do with it.
const careless = secret as unknown as string;

/** One line as pino writes it. */
function logged(write: (logger: pino.Logger) => void): string {
  const lines: string[] = [];
  write(pino({ base: null }, { write: (line: string) => lines.push(line) }));
  return lines.join('');
}

describe('a secret', () => {
  test('is had by asking for it', () => {
    expect(secret.reveal()).toBe(value);
  });

  test.each<[string, () => string]>([
    ['a template', () => `a ${careless} b`],
    ['concatenation', () => 'x' + careless],
    ['String()', () => String(secret)],
    ['join', () => [secret, 'x'].join()],
    ['JSON', () => JSON.stringify({ deep: [secret] })],
    ['inspect', () => inspect({ deep: { secret } })],
    ['inspect of everything', () => inspect(secret, { showHidden: true, depth: 9, getters: true })],
    ['format %s', () => format('%s', secret)],
    ['format %o', () => format('%o', secret)],
    ['format %j', () => format('%j', secret)],
    ['an error message', () => new Error(`failed with ${String(secret)}`).stack ?? ''],
    [
      'pino as a field',
      () =>
        logged((logger) => {
          logger.info({ secret }, 'x');
        }),
    ],
    [
      'pino in the depth',
      () =>
        logged((logger) => {
          logger.info({ a: { b: [secret] } }, 'x');
        }),
    ],
    [
      'pino as an argument',
      () =>
        logged((logger) => {
          logger.info('%s %o %j', secret, secret, secret);
        }),
    ],
    [
      'pino child bindings',
      () =>
        logged((logger) => {
          logger.child({ secret }).info('x');
        }),
    ],
  ])('prints as [secret] through %s', (_, print) => {
    const text = print();
    expect(text).toContain('[secret]');
    expect(text).not.toContain(value);
  });

  test('has nothing to find by key, by copy or by change', () => {
    expect(Reflect.ownKeys(secret)).toEqual([]);
    expect(inspect(structuredClone({ secret }))).not.toContain(value);
    expect(() => Object.assign(secret, { reveal: () => 'other' })).toThrow(TypeError);
  });
});
