import { hash } from 'node:crypto';
import type { FlagContext } from './types.ts';

/** A rule as it is kept in memory. */
export interface KnownFlag {
  readonly enabled: boolean;
  readonly percentage: number;
  readonly users: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
}

/** The answer, and why it is that, in OpenFeature's words. */
export interface Decision {
  value: boolean;
  reason: 'DISABLED' | 'TARGETING_MATCH' | 'STATIC' | 'SPLIT';
}

export function decide(name: string, flag: KnownFlag, { userId, role }: FlagContext): Decision {
  if (!flag.enabled) return { value: false, reason: 'DISABLED' };
  if (userId !== undefined && flag.users.has(userId))
    return { value: true, reason: 'TARGETING_MATCH' };
  if (role !== undefined && flag.roles.has(role)) return { value: true, reason: 'TARGETING_MATCH' };
  if (flag.percentage >= 100) return { value: true, reason: 'STATIC' };
  // Whoever has no id has no place that stays.
  if (userId === undefined || flag.percentage <= 0) return { value: false, reason: 'STATIC' };
  return { value: placeOf(name, userId) < flag.percentage, reason: 'SPLIT' };
}

/**
 * Where a user stands from 0 to 100: always there for one flag, so that who is in stays in as the percentage grows; elsewhere
 * for another flag, so that it is not always the same users who get what is new.
 */
export function placeOf(name: string, userId: string): number {
  const digits = hash('sha256', `${name}\n${userId}`, 'hex').slice(0, 8);
  return (Number.parseInt(digits, 16) / 2 ** 32) * 100;
}
