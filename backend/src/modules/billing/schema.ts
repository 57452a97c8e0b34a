import { Joi, listOf, nullable, oneOf, shape, uuid } from '../../kernel/schema/index.ts';
import type { Standing, View } from './entitled.ts';
import { purchaseStates } from './state.ts';
import { providerNames } from './truth.ts';

const moment = () => Joi.date().iso();
export const product = shape({ id: Joi.string(), title: Joi.string() });

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
  manageUrl: nullable(Joi.string()).description('Where it is changed or ended'),
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
  manageUrl: nullable(Joi.string()),
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
    manageUrl: by.purchase.manageUrl,
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
    manageUrl: standing.purchase.manageUrl,
  })),
});
