import { describe, expect, test } from '@jest/globals';
import { harmlessValues } from '../../../test/support/harmless.ts';
import { namedPlaces, places } from '../../../test/support/hiding-places.ts';
import { encodings, needleOf, plantedValues } from '../../../test/support/planted.ts';
import { createScrubber } from './index.ts';

const scrubber = createScrubber();
const written = (value: unknown): string => JSON.stringify(scrubber.value(value) ?? null);

describe('values that give themselves away', () => {
  test.each(Object.entries(places))('are not shown in %s, however encoded', (_, hide) => {
    const leaks = plantedValues().flatMap((planted) =>
      Object.entries(encodings).flatMap(([encoding, encode]) => {
        const hidden = encode(planted.text);
        const line = written(hide(hidden));
        const isLeak = line.includes(needleOf(planted)) || line.includes(hidden);
        return isLeak ? [`${planted.kind}, ${encoding}: ${line}`] : [];
      }),
    );
    expect(leaks).toEqual([]);
  });

  test.each([
    ['write to a@b.c', 'write to [email]'],
    ['+44 20 7946 0958 or 06 12 34 56 78', '[phone] or [phone]'],
    ['card 4242 4242 4242 4242, not 4242 4242 4242 4243', 'card [card], not 4242 4242 4242 4243'],
    ['DE89 3704 0044 0532 0130 00 was paid', '[iban] was paid'],
    ['from 203.0.113.9:51234 and [2001:db8::9]', 'from [ip]:51234 and [[ip]]'],
    ['redis://:pass/word@cache:6379/0', 'redis://[credentials]@cache:6379/0'],
    ['GET /users/a%2540b.c', 'GET /users/[email]'],
    ['a\u200b@\u200bb.c', '[email]'],
    ['password=hunter2&page=2', 'password=[secret]&page=2'],
    ['{"token":"abc","page":2}', '{"token":"[secret]","page":2}'],
    ['Key (email)=(a@b.c) already exists.', 'Key (email)=([value]) already exists.'],
  ])('leave the rest of the text: %s', (text, expected) => {
    expect(scrubber.text(text)).toBe(expected);
    expect(scrubber.text(expected)).toBe(expected);
  });

  test('are found among numbers, too', () => {
    expect(scrubber.value({ a: 4242424242424242, b: 1764110400123, c: 12.5 })).toEqual({
      a: '[card]',
      b: 1764110400123,
      c: 12.5,
    });
  });
});

describe('values that a name gives away', () => {
  test.each(Object.entries(namedPlaces))('are not shown in %s', (_, hide) => {
    expect(written(hide('quietharbour'))).not.toContain('quietharbour');
  });

  test('are taken out whole, and flags and gaps stay', () => {
    expect(
      scrubber.value({ password: { old: 'x' }, email: null, emailVerified: true, phone: 12 }),
    ).toEqual({ password: '[secret]', email: null, emailVerified: true, phone: '[secret]' });
  });
});

test('what operators need stays as it is', () => {
  const shown = Array.from({ length: 100 }, harmlessValues).flat();
  const changed = shown.filter(({ text }) =>
    [text, `the value ${text} was seen`].some((line) => scrubber.text(line) !== line),
  );
  expect(shown.length).toBeGreaterThan(3_000);
  expect(changed.length).toBeLessThan(shown.length / 100);
});

describe('an error', () => {
  test('says its type, message, code, causes and harmless details', () => {
    const cause = Object.assign(new Error('Key (email)=(a@b.c) already exists.'), {
      code: '23505',
      table: 'users',
      detail: 'a row',
    });
    expect(scrubber.value(new TypeError('outer', { cause }))).toMatchObject({
      type: 'TypeError',
      message: 'outer',
      cause: { code: '23505', table: 'users', message: 'Key (email)=([value]) already exists.' },
    });
    expect(written(cause)).not.toContain('a row');
  });

  test('of Stripe keeps the id of its request', () => {
    const error = Object.assign(new Error('no'), { requestId: 'req_0a1b2c3d4e5f6g', raw: {} });
    expect(scrubber.value(error)).toMatchObject({ requestId: 'req_0a1b2c3d4e5f6g' });
  });
});

describe('hostile input', () => {
  const refuse = (): never => {
    throw new Error('a@b.c cannot be read');
  };
  const circular: Record<string, unknown> = { name: 'loop' };
  circular.self = [circular];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  let deep: unknown = 'a@b.c';
  for (let depth = 0; depth < 20_000; depth += 1) deep = { deep };

  test.each<[string, unknown]>([
    ['a circle', circular],
    ['a revoked proxy', { inside: revoked.proxy }],
    [
      'a proxy that throws',
      new Proxy({}, { ownKeys: refuse, get: refuse, getPrototypeOf: refuse }),
    ],
    ['a getter that throws', Object.defineProperty({}, 'x', { enumerable: true, get: refuse })],
    ['a toJSON that throws', { toJSON: refuse }],
    [
      'a toJSON without end',
      { toJSON: () => Object.create({ toJSON: () => circular }) as unknown },
    ],
    [
      'an error that cannot be read',
      Object.defineProperty(new Error('x'), 'message', { get: refuse }),
    ],
    ['a depth of 20,000', deep],
    [
      'a hundred thousand fields',
      Object.fromEntries(Array.from({ length: 1e5 }, (_, i) => [`k${i}`, 'a@b.c'])),
    ],
    ['a map of a hundred thousand', new Map(Array.from({ length: 1e5 }, (_, i) => [i, 'a@b.c']))],
    ['a list of a million', new Array(1e6).fill('a@b.c')],
    ['five million letters', 'a@b.c '.repeat(1e6)],
    ['a prototype', JSON.parse('{"__proto__": {"email": "a@b.c"}, "constructor": "a@b.c"}')],
    ['an invalid date', { when: new Date(Number.NaN), big: 10n, symbol: Symbol('a@b.c') }],
    ['nothing', Object.create(null)],
  ])('%s is written without its secrets, short, and without a throw', (_, value) => {
    const line = written(value);
    expect(line).not.toContain('a@b.c');
    expect(line.length).toBeLessThan(200_000);
  });

  test('an object with the name __proto__ stays a plain one', () => {
    const scrubbed = scrubber.value(JSON.parse('{"__proto__": {"admin": true}}')) as object;
    expect(Object.getPrototypeOf(scrubbed)).toBe(Object.prototype);
    expect('admin' in scrubbed).toBe(false);
  });

  test.each([
    'a',
    'a@',
    '1 ',
    '1-',
    'a:',
    'a="',
    '%25',
    'eyJaaaaaa.',
    '://a',
    'bearer ',
    'cookie: ',
    'DE89 ',
    'Key (a)=(',
    '\\u0041',
    '1.1.',
    '+1',
    '0',
    '\u200b',
    '[',
    'invalid input "',
  ])('five million characters of %j take no longer than a long text may', (piece) => {
    const hostile = piece.repeat(5_000_000 / piece.length);
    const ordinary = 'an ordinary sentence of a log, with words. '.repeat(400);
    // Side by side, so that a slow machine is slow for both; backtracking would be a thousand times slower.
    const spent = (text: string): number => {
      const before = process.cpuUsage();
      scrubber.text(text);
      const { user, system } = process.cpuUsage(before);
      return user + system;
    };
    spent(ordinary);
    expect(spent(hostile)).toBeLessThan(Math.max(spent(ordinary), 2_000) * 100);
  });
});

describe('the rules of an application', () => {
  test('further names and a rule of its own', () => {
    const own = createScrubber({
      names: ['Nick-Name', 'ward'],
      rule: (text) => text.replaceAll('Jane Doe', '[name]'),
    });
    expect(own.value({ nickName: 'x', ward: 'west', said: 'Jane Doe was here' })).toEqual({
      nickName: '[secret]',
      ward: '[secret]',
      said: '[name] was here',
    });
  });

  test('where a rule fails, nothing is shown and the fault is counted', () => {
    const broken = createScrubber({
      rule: () => {
        throw new Error('a bug');
      },
    });
    expect(broken.text('a@b.c')).toBe('[unreadable]');
    expect(broken.value({ deep: { note: 'hello' } })).toBe('[unreadable]');
    expect(broken.orNothing({ message: 'hello' })).toBeUndefined();
    expect(broken.faults()).toBe(3);
  });
});
