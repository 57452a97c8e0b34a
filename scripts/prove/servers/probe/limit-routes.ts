import type { Route } from '../../../../backend/src/kernel/http/index.ts';
import { Joi, route } from '../built.ts';

/** One door for each tier, with nothing behind it, for strangers and users alike. */
export const limitRoutes: readonly Route[] = (
  ['public', 'signed-in', 'auth-sensitive', 'expensive', 'webhook'] as const
).map((tier) =>
  route({
    method: 'get',
    path: `/probe/tiers/${tier}`,
    summary: `Costs a point of ${tier}`,
    tag: 'probe',
    auth: 'public',
    rateLimit: tier,
    responses: { 200: { description: 'Admitted', body: Joi.object().unknown() } },
    handler: () => Promise.resolve({ body: { tier } }),
  }),
);
