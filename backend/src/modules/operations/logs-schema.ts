import {
  type Infer,
  listOf,
  nullable,
  oneOf,
  optional,
  shape,
  text,
} from '../../kernel/schema/index.ts';
import { limit, moment, scrubbed, words } from './schema.ts';

const level = () => oneOf('trace', 'debug', 'info', 'warn', 'error', 'fatal');

const rowId = () => words().pattern(/^\d{1,19}$/);

export const logRow = shape({
  id: words(),
  at: moment(),
  level: level(),
  message: words().allow(''),
  requestId: nullable(words()),
  fields: scrubbed(),
});

export const logsQuery = shape({
  level: optional(level()).description('This one and worse'),
  text: optional(text(1, 200)),
  requestId: optional(text(1, 128)),
  before: optional(rowId()).description('A row’s id: older ones'),
  after: optional(rowId()).description('A row’s id: newer ones, for a live tail'),
  limit: limit(),
}).oxor('before', 'after');

export const logsPage = shape({
  rows: listOf(logRow).description('Newest first'),
  next: nullable(words()).description(
    'Send it as `before` (or `after`, where that was asked) to go on; null where there is nothing more. A page may be short and still have one',
  ),
});

export type LogsQuery = Infer<typeof logsQuery>;
