import type { JobRecord, JobsAdmin } from '../../kernel/jobs/index.ts';
import { csvRow } from './csv.ts';
import type { ExportQuery } from './jobs-schema.ts';

const columns = [
  'id',
  'queue',
  'state',
  'attempts',
  'maxAttempts',
  'createdAt',
  'startedAt',
  'finishedAt',
  'nextRunAt',
  'errorName',
  'errorCode',
  'errorMessage',
  'requestId',
  'callerId',
  'key',
  'priority',
  'payload',
];
const pageSize = 200;

/** Page by page, so that an export holds no more than one page in memory. */
export async function* csvOfJobs(
  jobs: JobsAdmin,
  { limit, ...filter }: ExportQuery,
  signal: AbortSignal,
): AsyncGenerator<string> {
  // With the first page, so that what fails before it is an answer of its own.
  let head = csvRow(columns);
  let cursor: string | undefined;
  for (let left = limit; left > 0;) {
    signal.throwIfAborted();
    const page = await jobs.list({
      ...filter,
      limit: Math.min(left, pageSize),
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield head + page.jobs.map(rowOf).join('');
    head = '';
    left -= page.jobs.length;
    if (page.next === null || page.jobs.length === 0) return;
    cursor = page.next;
  }
}

const rowOf = ({ error, ...job }: JobRecord): string =>
  csvRow([
    job.id,
    job.queue,
    job.state,
    job.attempts,
    job.maxAttempts,
    job.createdAt,
    job.startedAt,
    job.finishedAt,
    job.nextRunAt,
    error?.name,
    error?.code,
    error?.message,
    job.requestId,
    job.callerId,
    job.key,
    job.priority,
    job.payload,
  ]);
