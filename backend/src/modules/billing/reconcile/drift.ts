import type { Difference } from '../record.ts';
import type { PurchaseTruth } from '../truth.ts';

/**
 * - `missing` we did not know the purchase, `unknown` the provider does not
 * - `state` what it gives, or is told of it, was another one
 * - `period` when it ends or goes on, `product`, `owner`, `details` anything else
 */
export const driftKinds = [
  'missing',
  'unknown',
  'state',
  'period',
  'product',
  'owner',
  'details',
] as const;
export type DriftKind = (typeof driftKinds)[number];

/**
 * - `never-told` no event of the purchase was taken in
 * - `missed-event` it changed after it was last seen, and nobody told
 * - `wrong-when-looked` it had changed before it was last seen: a fault of ours, or the provider said otherwise then
 * - `not-known-there` the provider has no such purchase
 */
export const guesses = [
  'never-told',
  'missed-event',
  'wrong-when-looked',
  'not-known-there',
] as const;
export type Guess = (typeof guesses)[number];

/** What was wrong with a purchase, and what may be the reason. */
export interface Drift {
  kind: DriftKind;
  guess: Guess;
  since: Date;
  /** Whether the provider says when it changed, or it was last seen right then. */
  sinceIs: 'provider' | 'observed';
}

type Changes = Difference['changes'];

/** Providers count in whole seconds, and by clocks of their own. */
const toleranceMs = 5_000;

const ofTime = [
  'periodEndsAt',
  'graceEndsAt',
  'autoRenews',
  'pausedUntil',
  'onHold',
  'refundedAt',
  'revokedAt',
];

/** What a correction says about what was there before. */
export function driftOf(difference: Difference, truth: PurchaseTruth, now: Date): Drift {
  const { before, changes } = difference;
  if (before === undefined)
    return {
      kind: 'missing',
      guess: 'never-told',
      since: earlier(truth.startedAt, now),
      sinceIs: 'provider',
    };
  const said = saidAt(changes, now);
  const since = said ?? before.observedAt;
  return {
    kind: kindOf(difference),
    guess:
      since.getTime() + toleranceMs < before.observedAt.getTime()
        ? 'wrong-when-looked'
        : 'missed-event',
    since,
    sinceIs: said === undefined ? 'observed' : 'provider',
  };
}

function kindOf({ stateBefore, stateAfter, changes }: Difference): DriftKind {
  if (stateBefore !== stateAfter) return 'state';
  if (ofTime.some((field) => field in changes)) return 'period';
  if ('productId' in changes) return 'product';
  return 'userId' in changes && Object.keys(changes).length === 1 ? 'owner' : 'details';
}

/** When it changed, where what has changed tells: the refund, the loss of a dispute, the end of a period. */
function saidAt(changes: Changes, now: Date): Date | undefined {
  const [endBefore, endAfter] = (changes.periodEndsAt ?? []).map(momentOf);
  // It went on when the old period ended; or it ended before its time.
  const turned = endBefore && endAfter && (endBefore < endAfter ? endBefore : endAfter);
  const moments = [momentOf(changes.revokedAt?.[1]), momentOf(changes.refundedAt?.[1]), turned];
  return moments.find((moment) => moment !== undefined && moment <= now);
}

const momentOf = (value: unknown): Date | undefined =>
  typeof value === 'string' && !Number.isNaN(Date.parse(value)) ? new Date(value) : undefined;

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);
