import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';
import {
  count,
  moment,
  mostIds,
  name,
  next,
  page,
  quantity,
  scrubbed,
  searched,
  truth,
  words,
} from './schema.ts';

const states = ['queued', 'active', 'retrying', 'completed', 'failed', 'dead'] as const;
const state = () => oneOf(...states);

export const queueState = shape({
  name: words(),
  counts: shape({
    queued: count(),
    active: count(),
    retrying: count(),
    completed: count().description('Of the last 24 hours'),
    failed: count().description('Discarded by an operator'),
    dead: count(),
  }),
  oldestSeconds: nullable(quantity()).description('Age of the oldest that waits'),
  paused: truth(),
  pausedAt: nullable(moment()),
  concurrency: count().description('How many one process does at a time'),
  processedPerMinute: quantity(),
  failuresPerMinute: quantity(),
});

export const queues = shape({ queues: listOf(queueState) });

export const throughputQuery = shape({
  minutes: withDefault(Joi.number().integer().min(5).max(1_440), 60),
});
export const throughput = shape({
  points: listOf(shape({ at: moment(), completed: count(), failed: count() })).description(
    'One a minute',
  ),
});

const jobError = shape({
  name: words().allow(''),
  message: words().allow(''),
  code: optional(words().allow('')),
});

export const job = shape({
  id: words(),
  queue: words(),
  state: state(),
  attempts: count(),
  maxAttempts: count(),
  createdAt: moment(),
  startedAt: nullable(moment()),
  finishedAt: nullable(moment()),
  nextRunAt: nullable(moment()),
  error: nullable(jobError),
  history: listOf(shape({ attempt: count(), at: nullable(moment()), error: jobError })).description(
    'The last 20 failed attempts, oldest first',
  ),
  payload: scrubbed(),
  requestId: nullable(words()),
  callerId: nullable(words()),
  key: nullable(words()),
  priority: Joi.number().integer(),
});

const filter = {
  queue: optional(name()),
  state: state(),
  search: searched().description('Part of an id, a key, a request id, an error or the payload'),
};

export const jobsQuery = shape({ ...filter, ...page });
export const jobsPage = shape({ jobs: listOf(job), next: next() });
export const jobParams = shape({ id: uuid() });

/** Rows of one export. */
export const mostExported = 10_000;
export const exportQuery = shape({
  ...filter,
  limit: withDefault(Joi.number().integer().min(1).max(mostExported), mostExported),
});

const ids = () => listOf(uuid()).min(1).max(mostIds).unique();

export const selected = shape({ ids: ids() });
export const redriven = shape({
  ids: optional(ids()),
  queue: optional(name()),
  all: optional(truth().valid(true)),
}).xor('ids', 'queue', 'all');

export type JobsQuery = Infer<typeof jobsQuery>;
export type ExportQuery = Infer<typeof exportQuery>;
export type Redriven = Infer<typeof redriven>;
