import { describe, expect, test } from '@jest/globals';
import { rateLimitKey } from './index.ts';

const keyOf = (address: string | undefined) => rateLimitKey(undefined, address);

describe('whose points are taken', () => {
  test('a user is one caller from every address', () => {
    expect(rateLimitKey('ada', '192.0.2.1')).toBe(rateLimitKey('ada', '2001:db8::1'));
    expect(rateLimitKey('ada', '192.0.2.1')).not.toBe(rateLimitKey('bob', '192.0.2.1'));
  });

  test.each([
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff:ffff:ffff:ffff'],
    ['2001:db8:1:2:3:4:5:6', '2001:DB8:0001:0002::'],
    ['2001:db8::1', '2001:db8:0:0:1::'],
    ['fe80::1%eth0', 'fe80::2'],
    ['192.0.2.1', '::ffff:192.0.2.1'],
    ['192.0.2.1', '::FFFF:192.0.2.1'],
    ['no address', 'no address either'],
    ['192.0.2.1.9', undefined],
  ])('%s and %s are one', (one, other) => {
    expect(keyOf(one)).toBe(keyOf(other));
  });

  test.each([
    ['192.0.2.1', '192.0.2.2'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.2'],
    ['192.0.2.1', undefined],
  ])('%s and %s are two', (one, other) => {
    expect(keyOf(one)).not.toBe(keyOf(other));
  });
});
