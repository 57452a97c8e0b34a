import { randomUUID } from 'node:crypto';
import type { UserCaller } from '../../../kernel/auth/index.ts';
import { route, type Route } from '../../../kernel/http/index.ts';
import { Joi, listOf, optional, shape, text } from '../../../kernel/schema/index.ts';
import type { Buyer, Selling } from './selling.ts';

const tag = 'billing';
const plan = shape({
  id: Joi.string(),
  title: Joi.string(),
  entitlements: listOf(Joi.string()).description('What its buyer may use'),
  prices: listOf(Joi.string()).description('For `POST /billing/checkout`'),
});
const page = shape({ url: Joi.string().uri() });
const opened = { 200: { description: 'Where to send the browser', body: page } };
const upstreamErrors = [
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_RATE_LIMITED',
  'UPSTREAM_REJECTED',
] as const;

const buyerOf = ({ userId, claims: { email } }: UserCaller): Buyer => ({ userId, email });

export function stripeRoutes(selling: Selling): Route[] {
  return [
    route({
      method: 'get',
      path: '/billing/plans',
      summary: 'What is sold on the web',
      tag,
      auth: 'public',
      rateLimit: 'public',
      responses: { 200: { description: 'All of it', body: shape({ plans: listOf(plan) }) } },
      handler: () => Promise.resolve({ body: { plans: selling.plans() } }),
    }),
    route({
      method: 'post',
      path: '/billing/checkout',
      summary: 'Open a page to buy a plan',
      description:
        'A page of Stripe, which takes the card. With an `attempt` of its own, such as a UUID, a repetition opens the same page. 409 where the caller has a subscription of the product already.',
      tag,
      auth: 'user',
      rateLimit: 'expensive',
      body: shape({ price: text(1, 200), attempt: optional(text(1, 100)) }),
      responses: opened,
      errors: [...upstreamErrors, 'STATE_CONFLICT'],
      handler: async ({ caller, body: { price, attempt } }) => ({
        body: { url: await selling.checkout(buyerOf(caller), price, attempt ?? randomUUID()) },
      }),
    }),
    route({
      method: 'post',
      path: '/billing/portal',
      summary: 'Open a page to change or end what was bought',
      tag,
      auth: 'user',
      rateLimit: 'expensive',
      responses: opened,
      errors: [...upstreamErrors, 'STATE_CONFLICT'],
      handler: async ({ caller }) => ({ body: { url: await selling.portal(buyerOf(caller)) } }),
    }),
  ];
}
