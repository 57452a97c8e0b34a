import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { RowIdentity } from '../db/index.ts';
import { validated } from '../errors/index.ts';
import { currentLogContext } from '../logging/index.ts';
import type { Tracing } from '../telemetry/index.ts';
import type { Job, JobCaller, JobInput } from './job.ts';

/** What lies in the queue: the payload, and where it came from. */
export interface Envelope {
  /** The payload's version; 1 where none is written. */
  v?: number;
  /** Left out by the schedule, whose every tick is a beginning. */
  requestId?: string;
  /** W3C trace context of whoever enqueued it. */
  trace?: IncomingHttpHeaders;
  caller?: JobCaller;
  /** Whether its key was given, rather than made of chance. */
  keyed?: boolean;
  payload: unknown;
}

/** Throws VALIDATION_FAILED for a payload that is not what the job declares. */
export function sealed(
  job: Job,
  payload: unknown,
  about: { caller: JobCaller | undefined; key: string | undefined; tracing: Tracing },
): Envelope {
  const context = currentLogContext();
  const trace = about.tracing.outgoingHeaders();
  // Whoever is only known by name gets no more rights by it than any user has.
  const caller =
    about.caller ??
    (context?.userId === undefined ? undefined : { id: context.userId, role: 'user' });
  return {
    v: job.version,
    requestId: context?.requestId ?? randomUUID(),
    ...('traceparent' in trace ? { trace } : {}),
    ...(caller === undefined ? {} : { caller }),
    ...(about.key === undefined ? {} : { keyed: true }),
    payload: validated(job.payload, payload, 'payload') as unknown,
  };
}

/** The payload as the job declares it now, whichever version it was written in. */
export function opened(job: Job, { v = 1, payload }: Envelope): unknown {
  let upgraded = payload;
  for (let version = v; version < job.version; version += 1) {
    const upgrade = job.upgrade[version];
    if (!upgrade) throw new Error(`There is no upgrade of version ${version} of ${job.name}`);
    upgraded = upgrade(upgraded);
  }
  return validated(job.payload, upgraded, 'payload') as unknown;
}

/** The caller, and the rights that they have in the database: claims as Supabase writes them, without a session. */
export function callerOf({ caller }: Envelope): JobInput<unknown>['caller'] {
  if (caller === undefined) return null;
  const { id, role } = caller;
  const rows: RowIdentity = {
    kind: 'user',
    claims: { payload: { sub: id, role: 'authenticated', app_metadata: { role } } },
  };
  return { id, role, rows };
}
