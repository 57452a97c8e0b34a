import {
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  uuid,
} from '../../../kernel/schema/index.ts';
import { page } from '../admin-schema.ts';
import { purchaseStates } from '../state.ts';
import { providerNames } from '../truth.ts';
import { driftKinds, guesses } from './drift.ts';
import { runStatuses } from './run-row.ts';

const moment = () => Joi.date().iso();
const count = () => Joi.number().integer().min(0);
const provider = () => oneOf(...providerNames);
const state = () => nullable(oneOf(...purchaseStates));
const user = shape({ id: uuid(), email: nullable(Joi.string()) });
const next = () =>
  nullable(Joi.string()).description('Send it as `cursor` for the next page; null on the last one');

const run = shape({
  id: uuid(),
  provider: nullable(provider()).description('Null for a run of one user'),
  userId: nullable(uuid()).description('Null for a run of a provider'),
  startedBy: oneOf('schedule', 'operator'),
  requestedBy: nullable(user),
  status: oneOf(...runStatuses).description(
    '`completed`: all was looked at but for one in a hundred at most; `incomplete`: more than that was not; `failed`: given up',
  ),
  phase: oneOf('purchases', 'accounts', 'again').description(
    'Where it is: the purchases that we know, the accounts that may have others, again what could not be looked at',
  ),
  checked: count().description('Purchases that were compared: same, corrected, found and unknown'),
  same: count(),
  corrected: count(),
  found: count().description('Not known to us before'),
  unknown: count().description('Not known to the provider; left as they are'),
  failed: count().description('Could not be compared; left as they are'),
  accounts: count().description('Accounts that were asked for purchases we do not know'),
  resumesAt: nullable(moment()).description('While it waits for the provider'),
  errorCode: nullable(Joi.string()).description('Of the last fault'),
  startedAt: moment(),
  endedAt: nullable(moment()),
});

const entry = shape({
  id: Joi.string(),
  runId: uuid(),
  purchaseId: uuid(),
  provider: provider(),
  user: nullable(user),
  productId: Joi.string(),
  kind: oneOf(...driftKinds).description(
    '`missing`: we did not know it; `unknown`: the provider does not; `state`: what it gives; `period`: when it ends or goes on; `product`, `owner`, `details`',
  ),
  guess: oneOf(...guesses).description(
    '`never-told`: no event of it came in; `missed-event`: it changed after it was last seen; `wrong-when-looked`: it had changed before; `not-known-there`',
  ),
  stateBefore: state(),
  stateAfter: state(),
  changes: Joi.object().description('Each changed field as [before, after]'),
  since: moment(),
  sinceIs: oneOf('provider', 'observed').description(
    '`provider`: it says when it changed; `observed`: at some time after this, when it was last seen',
  ),
  foundAt: moment(),
  correctedAt: nullable(moment()).description('Null for what is only to be looked at'),
});

export const startBody = shape({
  provider: optional(provider()).description('Left out: all that are configured'),
});
export const started = shape({
  runs: listOf(
    shape({ run, isNew: Joi.boolean().description('False where one was under way already') }),
  ),
});
export const runsQuery = shape({
  ...page,
  provider: optional(provider()),
  userId: optional(uuid()),
});
export const runsPage = shape({ runs: listOf(run), next: next() });
export const runParams = shape({ id: uuid() });
export const runDetails = shape({
  run,
  leftovers: listOf(
    shape({
      kind: oneOf('purchase', 'account'),
      item: uuid().description('The purchase, or the user whose account it is'),
      tries: count(),
      errorCode: Joi.string(),
    }),
  ).description('The first 200 that could not be looked at'),
});
export const driftQuery = shape({
  ...page,
  provider: optional(provider()),
  kind: optional(oneOf(...driftKinds)),
  runId: optional(uuid()),
  purchaseId: optional(uuid()),
  userId: optional(uuid()),
  open: optional(Joi.boolean()).description('Only what is not corrected'),
});
export const driftPage = shape({ entries: listOf(entry), next: next() });
export const userReconciled = shape({
  run,
  items: listOf(
    shape({
      kind: oneOf('purchase', 'account'),
      purchaseId: nullable(uuid()),
      outcome: oneOf('same', 'corrected', 'found', 'unknown', 'failed'),
      errorCode: nullable(Joi.string()),
    }),
  ).description('What became of each purchase, and of each account that could not be asked'),
});
