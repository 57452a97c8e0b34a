import { describe, expect, test } from '@jest/globals';
import { randomInt } from 'node:crypto';
import type { Joi } from '../schema/index.ts';
import { origins, parseOrigins } from './origins.ts';
import { parseTrustProxy } from './trust-proxy.ts';
import { bytes, choice, choices, flag, host, httpUrl, integer, token } from './value-kinds.ts';

const accepted = (schema: Joi.Schema, text: string): unknown => {
  const { value, error } = schema.validate(text) as { value: unknown; error?: Error };
  return error === undefined ? value : new Error('refused');
};
const refused = new Error('refused');
const rounds = 200;

describe('whole numbers', () => {
  test('every number within the bounds is read, and none outside', () => {
    for (let round = 0; round < rounds; round += 1) {
      const number = randomInt(-100, 200);
      expect(accepted(integer(0, 100), String(number))).toEqual(
        number >= 0 && number <= 100 ? number : refused,
      );
    }
  });

  test.each(['', '1.5', '0x10', '1_000', 'Infinity', 'NaN', '12px', '٣', '--1', '1,000'])(
    '%j is refused',
    (text) => {
      expect(accepted(integer(-1_000_000, 1_000_000), text)).toEqual(refused);
    },
  );
});

describe('sizes', () => {
  test('a number and its unit multiply', () => {
    for (let round = 0; round < rounds; round += 1) {
      const count = randomInt(1, 1000);
      const schema = bytes(1, 1024 ** 3);
      expect(accepted(schema, `${count}b`)).toBe(count);
      expect(accepted(schema, `${count}KB`)).toBe(count * 1024);
      expect(accepted(schema, `${count}mb`)).toBe(count * 1024 * 1024);
    }
  });

  test.each(['', '100', '1.5mb', '-1kb', '1 kb', '100kib', 'kb', '1e3kb', '1gb', '0b', '2mb'])(
    '%j is refused',
    (text) => {
      expect(accepted(bytes(1, 1024 ** 2), text)).toEqual(refused);
    },
  );
});

describe('origins', () => {
  test('are normalised to what a browser sends, once each', () => {
    const text =
      'HTTPS://App.Bulwark.dev:443/, http://localhost:80,https://app.bulwark.dev,http://[::1]:5173';
    expect(accepted(origins(), text)).toEqual([
      'https://app.bulwark.dev',
      'http://localhost',
      'http://[::1]:5173',
    ]);
  });

  test('reading what was read changes nothing', () => {
    for (let round = 0; round < rounds; round += 1) {
      const list = Array.from(
        { length: randomInt(1, 5) },
        () =>
          `http${randomInt(2) === 1 ? 's' : ''}://h${randomInt(99)}.dev:${randomInt(1, 65_536)}`,
      );
      const once = accepted(origins(), list.join(' , ')) as string[];
      expect(accepted(origins(), once.join(','))).toEqual(once);
      expect(once).toEqual([...new Set(list.map((entry) => new URL(entry).origin))]);
    }
  });

  test.each([
    '*',
    'https://*.bulwark.dev',
    'null',
    'localhost:3000',
    'app.bulwark.dev',
    'https://app.bulwark.dev/path',
    'https://app.bulwark.dev?x=1',
    'https://app.bulwark.dev#x',
    'https://user:secret@app.bulwark.dev',
    'ftp://app.bulwark.dev',
    'javascript:alert(1)',
    'https://a.dev,,https://b.dev',
    'https://a.dev,',
    'https://a.dev https://b.dev',
    '',
  ])('%j is refused', (text) => {
    expect(accepted(origins(), text)).toEqual(refused);
  });

  test('the faulty entries are named by number', () => {
    expect(parseOrigins('https://a.dev,*,https://b.dev,x')).toEqual({
      problem: expect.stringMatching(/entry 2 has a wildcard.*; entry 4 is not a URL/),
    });
  });
});

describe('trusted proxies', () => {
  test.each([
    ['', false],
    ['false', false],
    ['FALSE', false],
    ['1', 1],
    ['10', 10],
    ['loopback', ['loopback']],
    ['10.0.0.1, fd00::/8 ,uniquelocal', ['10.0.0.1', 'fd00::/8', 'uniquelocal']],
  ])('%j reads as %j', (text, value) => {
    expect(parseTrustProxy(text)).toEqual({ value });
  });

  test('true is refused with the reason', () => {
    expect(parseTrustProxy('True')).toMatchObject({
      problem: expect.stringContaining('any client'),
    });
  });

  test.each(['0', '11', '-1', '1.5', 'yes', '0.0.0.0/0', '::/0', '10.0.0.0/33', 'fd00::/129'])(
    '%j is refused',
    (text) => {
      expect(parseTrustProxy(text)).toHaveProperty('problem');
    },
  );

  test.each([
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/08',
    'fe80::1%eth0',
    '1,loopback',
    'loopback,',
  ])('%j is refused', (text) => {
    expect(parseTrustProxy(text)).toHaveProperty('problem');
  });
});

describe('addresses to listen on', () => {
  test.each(['127.0.0.1', '0.0.0.0', '::', '::1', 'localhost', 'api.bulwark.dev'])(
    '%s is read',
    (text) => {
      expect(accepted(host(), text)).toBe(text);
    },
  );
  test.each(['', 'a b', 'http://x', 'x:3000', '-'])('%j is refused', (text) => {
    expect(accepted(host(), text)).toEqual(refused);
  });
});

describe('URLs', () => {
  test('lose the slash at their end', () => {
    expect(accepted(httpUrl(), 'https://A.supabase.co/')).toBe('https://a.supabase.co');
    expect(accepted(httpUrl(), 'http://127.0.0.1:54321/base/')).toBe('http://127.0.0.1:54321/base');
  });
  test.each([
    '',
    'x',
    'ftp://a.dev',
    'https://u:p@a.dev',
    'https://u@a.dev',
    'https://a.dev?k=v',
    'https://a.dev#f',
  ])('%j is refused', (text) => {
    expect(accepted(httpUrl(), text)).toEqual(refused);
  });
});

test('flags, choices and keys take exactly what they name', () => {
  expect([accepted(flag(), 'true'), accepted(flag(), 'false')]).toEqual([true, false]);
  expect([accepted(flag(), '1'), accepted(flag(), 'on')]).toEqual([refused, refused]);
  expect(accepted(choice('on', 'off'), 'on')).toBe('on');
  expect(accepted(choice('on', 'off'), 'ON')).toEqual(refused);
  expect(accepted(choices('A', 'B'), 'B, A,B')).toEqual(['B', 'A']);
  expect(accepted(choices('A', 'B'), 'A,')).toEqual(refused);
  expect(accepted(token(), 'a b')).toEqual(refused);
});
