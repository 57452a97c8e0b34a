import {
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';
import type { Person } from './admin-repository.ts';
import type { Standing } from './entitled.ts';
import { namedProduct } from './products.ts';
import { ownEntitlement, product } from './schema.ts';
import { purchaseStates } from './state.ts';
import { providerNames } from './truth.ts';

const moment = () => Joi.date().iso();
const count = () => Joi.number().integer().min(0);
const state = () => oneOf(...purchaseStates);
const provider = () => oneOf(...providerNames);
const environment = () => oneOf('production', 'sandbox');
const user = shape({ id: uuid(), email: nullable(Joi.string()) });
const next = () =>
  nullable(Joi.string()).description('Send it as `cursor` for the next page; null on the last one');

export const page = {
  limit: withDefault(Joi.number().integer().min(1).max(200), 50),
  cursor: optional(Joi.string().max(200)),
};

const purchase = shape({
  id: uuid(),
  provider: provider(),
  key: Joi.string().description(
    'Stripe’s subscription, or its payment intent where it was paid once; Apple’s original transaction; the hash of Google’s purchase token',
  ),
  user: nullable(user).description('Null where nobody has claimed it, or the account is gone'),
  productId: Joi.string(),
  product: nullable(product).description('Null where it is not in the table of products'),
  kind: oneOf('subscription', 'one-time'),
  environment: environment(),
  state: state().description('Now'),
  toldState: state().description('As it was last told; another one where time has gone on since'),
  grants: Joi.boolean(),
  since: moment(),
  periodEndsAt: nullable(moment()),
  graceEndsAt: nullable(moment()),
  autoRenews: Joi.boolean(),
  pausedUntil: nullable(Joi.alternatives(moment(), Joi.string().valid('open-ended'))),
  onHold: Joi.boolean(),
  refundedAt: nullable(moment()),
  partRefund: nullable(Joi.string()).description(
    'What of the last payment went back, where the rest stays: `3.00 of 9.00 USD`',
  ),
  revokedAt: nullable(moment()),
  manageUrl: nullable(Joi.string()),
  observedAt: moment().description('For when the provider said so'),
  changesAt: nullable(moment()).description('When the state is another one by time alone'),
  createdAt: moment(),
  changedAt: moment(),
});

const signal = shape({
  purchaseId: uuid(),
  provider: provider(),
  productId: Joi.string(),
  product: nullable(product).description('Null where it is not in the table of products'),
  claimant: nullable(user).description('Who presented it'),
  owner: nullable(user),
  source: Joi.string().description('`app`: was refused; otherwise a provider named them'),
  times: count(),
  firstAt: moment(),
  lastAt: moment(),
});

const entry = shape({
  id: Joi.string(),
  at: moment(),
  source: oneOf('app', 'webhook', 'reconciliation', 'operator', 'time'),
  reference: nullable(Joi.string()).description('What it can be found by there'),
  stateBefore: nullable(state()),
  stateAfter: state(),
  changes: Joi.object().description('Each changed field as [before, after]'),
});

export const purchasesQuery = shape({
  ...page,
  provider: optional(provider()),
  state: optional(state().description('As it was last told')),
  environment: optional(environment()),
  search: optional(text(1, 255)).description(
    'All of an email address, of a user’s or customer’s id, of a purchase’s key or product',
  ),
});
export const purchasesPage = shape({ purchases: listOf(purchase), next: next() });
export const purchaseParams = shape({ id: uuid() });
export const purchaseDetails = shape({
  purchase,
  history: listOf(entry).description('The last 200 changes, newest first'),
  signals: listOf(signal),
});
export const customersQuery = shape({
  search: text(1, 255).description(
    'All of an id, an email address, a customer’s id with a provider, or a purchase’s key',
  ),
});
export const customers = shape({ users: listOf(user) });
export const customerParams = shape({ userId: uuid() });
export const customer = shape({
  user,
  accounts: listOf(
    shape({ provider: provider(), customerId: Joi.string(), createdAt: moment() }),
  ).description('With providers that have customers'),
  entitlements: listOf(ownEntitlement),
  purchases: listOf(purchase),
  signals: listOf(signal).description('On either side'),
});
export const signalsQuery = shape(page);
export const signalsPage = shape({ signals: listOf(signal), next: next() });

/** A purchase as operators see it. */
export const shownPurchase = (standing: Standing & { user: Person | null }) => {
  const { purchase: stored, product: sold, user: owner } = standing;
  const { userId: _userId, version: _version, startedAt, ...fields } = stored;
  return {
    ...fields,
    user: owner,
    product: namedProduct(sold),
    state: standing.state,
    grants: standing.grants,
    since: startedAt,
  };
};
