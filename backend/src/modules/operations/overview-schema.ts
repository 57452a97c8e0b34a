import {
  type Infer,
  Joi,
  listOf,
  nullable,
  oneOf,
  shape,
  uuid,
  withDefault,
} from '../../kernel/schema/index.ts';
import { logRow } from './logs-schema.ts';
import { providerState } from './providers-schema.ts';
import { queueState } from './jobs-schema.ts';
import { count, moment, person, quantity, truth, words } from './schema.ts';

export const overviewQuery = shape({
  minutes: withDefault(Joi.number().integer().min(5).max(1_440), 30).description(
    'How far the series goes back',
  ),
});

const milliseconds = () => nullable(quantity()).description('Milliseconds; null without requests');

/** All processes together, over one step of the series. */
const point = shape({
  at: moment().description('Where the step begins'),
  requests: count(),
  errors: count().description('Answers of 500 and above'),
  p50Ms: milliseconds(),
  p95Ms: milliseconds(),
  p99Ms: milliseconds(),
  eventLoopMs: quantity().description('The worst p99 delay of the event loop'),
  sockets: count(),
  jobsRunning: count(),
});

export const processState = shape({
  id: uuid(),
  role: oneOf('api', 'worker'),
  pid: count(),
  host: words(),
  version: words(),
  startedAt: moment(),
  seenAt: moment(),
  alive: truth().description('Whether it was heard of lately'),
  sockets: count(),
});

export const overview = shape({
  health: shape({
    status: oneOf('ok', 'degraded', 'unavailable', 'draining'),
    checks: Joi.object().pattern(words(), oneOf('ok', 'failing')),
  }).description('As this process sees it'),
  version: words(),
  processes: nullable(listOf(processState)),
  stepSeconds: count(),
  series: nullable(listOf(point)).description(
    'Oldest first, whole steps only; those in which no process ran are missing',
  ),
  queues: nullable(listOf(queueState)).description('Null where they cannot be read now'),
  providers: nullable(listOf(providerState)),
  recentErrors: nullable(listOf(logRow)),
});

export const sessions = shape({
  complete: truth().description('False where a process did not answer in time'),
  processes: listOf(processState),
  sockets: listOf(
    shape({
      id: words(),
      processId: uuid(),
      user: person,
      role: nullable(words()),
      rooms: listOf(words()),
      connectedAt: moment(),
      transport: words(),
    }),
  ).description('The newest 200 of each process'),
});

export const socketParams = shape({ id: words().max(100) });

export type Point = Infer<typeof point>;
export type ProcessState = Infer<typeof processState>;
export type Overview = Infer<typeof overview>;
export type Sessions = Infer<typeof sessions>;
