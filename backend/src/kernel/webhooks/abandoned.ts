import { markAbandoned, waiting } from './inbox.ts';
import type { EventJob, InboxServices } from './services.ts';

const withinMs = 10_000;
const reason = 'Its last attempt ended without a word, or its job was discarded';

/**
 * Marks as failed what waits for a job that is no more: the process of its last attempt was killed, or an operator discarded it.
 * An event and its job are stored in one transaction, so whoever still waits without one waits for ever. Resolves with how many.
 */
export async function failAbandoned(
  provider: string,
  job: EventJob,
  { db, jobs, logger, metrics }: Pick<InboxServices, 'db' | 'jobs' | 'logger' | 'metrics'>,
): Promise<number> {
  const ids = await waiting(db, provider, withinMs);
  if (ids.length === 0) return 0;
  const open = await jobs.openKeys(job, ids);
  const abandoned = ids.filter((id) => !open.has(id));
  if (abandoned.length === 0) return 0;
  const failed = await markAbandoned(db, abandoned, reason);
  if (failed === 0) return 0;
  logger.error({ provider, events: failed }, 'webhooks failed without a word from their handler');
  metrics.handled.add({ provider, outcome: 'failed' }, failed);
  return failed;
}
