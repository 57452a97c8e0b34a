import { apiPrefix } from '../../kernel/http/index.ts';
import { Joi, listOf, nullable, oneOf, shape, uuid } from '../../kernel/schema/index.ts';
import type { Standing, View } from './entitled.ts';
import { purchaseStates } from './state.ts';
import { providerNames } from './truth.ts';

const moment = () => Joi.date().iso();
export const product = shape({ id: Joi.string(), title: Joi.string() });

const manage = {
  manageUrl: nullable(Joi.string()).description('Where it is changed or ended: a page'),
  managePath: nullable(Joi.string()).description(
    'Where it is changed or ended, without such a page: `POST` this, and open the `url` of the answer',
  ),
};

export const ownEntitlement = shape({
  name: Joi.string(),
  state: oneOf('active', 'cancelled', 'grace').description(
    '`cancelled`: paid until `until`; `grace`: the payment has failed, and it works until `until`',
  ),
  product,
  provider: oneOf(...providerNames),
  since: moment(),
  until: nullable(moment()).description('Null where nothing ends it'),
  renews: Joi.boolean().description('Whether it goes on after `until` by itself'),
  ...manage,
  purchaseId: uuid(),
});

export const ownPurchase = shape({
  id: uuid(),
  provider: oneOf(...providerNames),
  productId: Joi.string().description('As the provider names it'),
  product: nullable(product),
  kind: oneOf('subscription', 'one-time'),
  environment: oneOf('production', 'sandbox'),
  state: oneOf(...purchaseStates),
  grants: Joi.boolean().description('Whether it gives anything now'),
  since: moment(),
  until: nullable(moment()),
  pausedUntil: nullable(moment()).description(
    'Null where it is not paused, or nobody knows until when',
  ),
  renews: Joi.boolean(),
  ...manage,
});

export const ownEntitlements = shape({
  at: moment().description(
    'The moment for which this is true; of two answers the later one counts',
  ),
  entitlements: listOf(ownEntitlement).description('What may be used now, one a name'),
  purchases: listOf(ownPurchase).description(
    'Everything that was bought, also what gives nothing now',
  ),
});

/** What `billing.entitlements-changed` carries. */
export const changedUser = shape({ userId: uuid() });

const named = ({ product: sold }: Standing) => sold && { id: sold.id, title: sold.title };

/** Stripe's page is made for its customer and for a while, so it is asked for when it is wanted. */
const managed = ({ purchase: { provider, kind, manageUrl } }: Standing) => ({
  manageUrl,
  managePath:
    provider === 'stripe' && kind === 'subscription' ? `${apiPrefix}/billing/portal` : null,
});

/** A user's view as the API shows it. */
export const shown = ({ at, standings, entitled }: View) => ({
  at,
  entitlements: entitled.map(({ name, by }) => ({
    name,
    state: by.state,
    product: named(by),
    provider: by.purchase.provider,
    since: by.purchase.startedAt,
    until: by.until,
    renews: by.renews,
    ...managed(by),
    purchaseId: by.purchase.id,
  })),
  purchases: standings.map((standing) => ({
    id: standing.purchase.id,
    provider: standing.purchase.provider,
    productId: standing.purchase.productId,
    product: named(standing) ?? null,
    kind: standing.purchase.kind,
    environment: standing.purchase.environment,
    state: standing.state,
    grants: standing.grants,
    since: standing.purchase.startedAt,
    until: standing.until,
    pausedUntil:
      standing.state === 'paused' && standing.purchase.pausedUntil instanceof Date
        ? standing.purchase.pausedUntil
        : null,
    renews: standing.renews,
    ...managed(standing),
  })),
});
