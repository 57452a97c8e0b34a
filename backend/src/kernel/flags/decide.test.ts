import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { decide, placeOf, type KnownFlag } from './decide.ts';

const flag = (changed: Partial<KnownFlag> = {}): KnownFlag => ({
  enabled: true,
  percentage: 0,
  users: new Set(),
  roles: new Set(),
  ...changed,
});
const isOn = (rule: KnownFlag, userId?: string, role?: string, name = 'new-things') =>
  decide(name, rule, { userId, role }).value;
const users = Array.from({ length: 10_000 }, () => randomUUID());

describe('a flag', () => {
  test('that is off is off for everybody', () => {
    const [userId = ''] = users;
    const off = flag({ enabled: false, percentage: 100, users: new Set([userId]) });
    expect(isOn(off, userId, 'admin')).toBe(false);
  });

  test('is on for the users and roles that it names, whatever its percentage', () => {
    const [named, other] = users;
    const rule = flag({ users: new Set(users.slice(0, 1)), roles: new Set(['admin']) });
    expect(isOn(rule, named, 'user')).toBe(true);
    expect(isOn(rule, other, 'user')).toBe(false);
    expect(isOn(rule, other, 'admin')).toBe(true);
    expect(isOn(rule)).toBe(false);
  });

  test('of 100 % is on for everybody, of less for nobody who is not signed in', () => {
    expect(isOn(flag({ percentage: 100 }))).toBe(true);
    expect(isOn(flag({ percentage: 99.99 }))).toBe(false);
  });
});

describe('a percentage', () => {
  test.each([0.5, 1, 10, 50, 90])('of %d reaches that many of 10,000 users', (percentage) => {
    const reached = users.filter((userId) => isOn(flag({ percentage }), userId)).length;
    expect(Math.abs(reached / 100 - percentage)).toBeLessThan(1.5);
  });

  test('of 10 reaches 9 to 11 % of these users, the same ones on every machine', () => {
    const known = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);
    const reached = known.filter((userId) => isOn(flag({ percentage: 10 }), userId)).length;
    expect(reached).toBeGreaterThan(900);
    expect(reached).toBeLessThan(1_100);
    expect(placeOf('new-things', 'user-0')).toBeCloseTo(1.4136454788967967, 10);
  });

  test('that grows keeps whom it had, and for another flag it has others', () => {
    const ten = users.filter((userId) => isOn(flag({ percentage: 10 }), userId));
    for (const userId of ten) expect(isOn(flag({ percentage: 20 }), userId)).toBe(true);
    const both = ten.filter((userId) => isOn(flag({ percentage: 10 }), userId, 'user', 'other'));
    expect(both.length).toBeLessThan(ten.length / 4);
  });
});
