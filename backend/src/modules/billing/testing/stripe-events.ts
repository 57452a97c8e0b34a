import { randomBytes } from 'node:crypto';
import { shapes } from './stripe-shapes.ts';

/** What an event is about. */
export interface EventSubject {
  /** Null of what was paid once. */
  subscription: string | null;
  customer: string;
  paymentIntent: string;
}

/** What is in every event and may be kept nowhere. */
export const canary = 'canary-of-a-buyer';

/** Followed, and of the shape of those beside them. */
const others = {
  subscription: ['customer.subscription.paused', 'customer.subscription.resumed'],
  'checkout.session': [
    'checkout.session.async_payment_succeeded',
    'checkout.session.async_payment_failed',
  ],
  invoice: ['invoice.payment_failed', 'invoice.marked_uncollectible'],
} as const;

const kindOf = new Map(
  [
    ...Object.entries(shapes).map(([kind, { types }]) => [kind, types] as const),
    ...Object.entries(others),
  ].flatMap(([kind, types]) => types.map((type) => [type, kind] as const)),
);

export const eventTypes: readonly string[] = [...kindOf.keys()];

const ofPayments = new Set(['checkout.session', 'charge', 'dispute', 'refund', 'payment_intent']);

/** Those that tell of a payment, whatever it was for. */
export const paymentTypes = eventTypes.filter((type) => ofPayments.has(kindOf.get(type) ?? ''));

const id = (prefix: string): string => `${prefix}_${randomBytes(12).toString('hex')}`;

/** An event of this type about somebody's purchase. All that it says of states, times and money is made up. */
export function stripeEvent(type: string, subject: EventSubject) {
  const kind = kindOf.get(type);
  const shape = kind === undefined ? undefined : shapes[kind];
  if (kind === undefined || shape === undefined) throw new Error(`There is no event ${type}`);
  const made = fromMembers(shape.members, (name, sort) => valueOf(name, sort, subject));
  return {
    id: id('evt'),
    object: 'event',
    api_version: '2020-08-27',
    created: someTime(),
    data: { object: { ...made, id: id('obj'), object: kind, ...references(kind, subject) } },
    livemode: false,
    pending_webhooks: 1,
    request: { id: null, idempotency_key: null },
    type,
  };
}

/** Where an object says whose it is. An invoice says it in two ways, by the version of the API. */
function references(kind: string, { subscription, paymentIntent }: EventSubject): object {
  if (kind === 'subscription') return { id: subscription };
  if (kind === 'checkout.session')
    return subscription === null ? { payment_intent: paymentIntent } : { subscription };
  if (['charge', 'dispute', 'refund'].includes(kind)) return { payment_intent: paymentIntent };
  if (kind !== 'invoice') return {};
  return Math.random() < 0.5
    ? { subscription }
    : { subscription: undefined, parent: { subscription_details: { subscription } } };
}

const someTime = (): number => Math.floor(Date.now() / 1_000 - Math.random() * 10_000_000);

function valueOf(name: string, sort: string, subject: EventSubject): unknown {
  if (name === 'livemode') return false;
  if (name === 'customer') return subject.customer;
  if (sort === '?') return null;
  if (name === 'payment_intent') return subject.paymentIntent;
  if (name === 'subscription') return subject.subscription;
  if (sort === '!') return Math.random() < 0.5;
  if (sort === '$') return name === 'object' ? 'list' : `${canary} ${name}`;
  return /(_at|_end|_start|created|start|end)$/.test(name)
    ? someTime()
    : Math.floor(Math.random() * 100_000);
}

/** An object of the members that are named in `text`. */
function fromMembers(
  text: string,
  value: (name: string, sort: string) => unknown,
): Record<string, unknown> {
  const tokens = text.match(/\w+|[$#!?{}[\]]/g) ?? [];
  let at = 0;
  const one = (name: string): unknown => {
    const token = tokens[at++] ?? '';
    if (token === '{') return members();
    if (token !== '[') return value(name, token);
    const list: unknown[] = [];
    while (tokens[at] !== ']') list.push(one(name));
    at += 1;
    return list;
  };
  const members = (): Record<string, unknown> => {
    const made: Record<string, unknown> = {};
    while (at < tokens.length && tokens[at] !== '}') {
      const name = tokens[at++] ?? '';
      made[name] = one(name);
    }
    at += 1;
    return made;
  };
  return members();
}
