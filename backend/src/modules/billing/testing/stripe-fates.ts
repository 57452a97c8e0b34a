import type { TestUser } from '../../../../test/support/users.ts';
import { type EventSubject, eventTypes, paymentTypes } from './stripe-events.ts';
import type { StripeStand } from './stripe-stand.ts';

type Buyer = Pick<TestUser, 'userId' | 'accessToken'>;

/** A command of the sandbox, and the state that a purchase is in then. */
type Fate = readonly [command: string, more: object, state: string];

/** A purchase that something is to become of. */
export interface Fated {
  user: Buyer;
  /** As commands name it. */
  which: { subscription: string } | { session: string };
  subject: () => Promise<EventSubject>;
  types: readonly string[];
  /** One that is followed, and comes after the last change. */
  last: string;
  wanderings: readonly string[];
  fate: Fate;
}

/** What becomes of a subscription. */
const fates: readonly Fate[] = [
  ['cancel', {}, 'cancelled'],
  ['fail-card', {}, 'grace'],
  ['give-up', {}, 'on-hold'],
  ['pause', {}, 'paused'],
  ['refund', {}, 'refunded'],
  ['dispute', { status: 'lost' }, 'revoked'],
  ['revoke', {}, 'expired'],
  ['resume', {}, 'active'],
];
const wanderings = ['cancel', 'resume', 'pause', 'resume', 'renew'];
/** And of what was paid once. */
const fatesOnce: readonly Fate[] = [
  ['refund', {}, 'refunded'],
  ['refund', { amount: 100 }, 'active'],
  ['dispute', { status: 'lost' }, 'revoked'],
  ['dispute', { status: 'won' }, 'active'],
];

async function subscribed(stand: StripeStand, user: Buyer, fate: Fate): Promise<Fated> {
  const { id } = await stand.buy(user.userId);
  const which = { subscription: id };
  const subject = () => stand.subjectOf(id);
  return { user, which, subject, types: eventTypes, last: 'invoice.paid', wanderings, fate };
}

async function paidOnce(stand: StripeStand, user: Buyer, fate: Fate): Promise<Fated> {
  const { id, customer, payment_intent: intent } = await stand.buyOnce(user.userId);
  const subject = { subscription: null, customer, paymentIntent: intent ?? '' };
  return {
    user,
    which: { session: id },
    subject: () => Promise.resolve(subject),
    types: paymentTypes,
    last: 'charge.refunded',
    wanderings: [],
    fate,
  };
}

/** So many of each, with each fate in its turn. */
export function buyFated(
  stand: StripeStand,
  signUp: () => Promise<Buyer>,
  { renewing, once }: { renewing: number; once: number },
): Promise<Fated[]> {
  const inTurn = (all: readonly Fate[], count: number) =>
    Array.from({ length: count }, (_, nr) => all[nr % all.length] as Fate);
  return Promise.all([
    ...inTurn(fates, renewing).map(async (fate) => subscribed(stand, await signUp(), fate)),
    ...inTurn(fatesOnce, once).map(async (fate) => paidOnce(stand, await signUp(), fate)),
  ]);
}
