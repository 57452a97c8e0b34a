import type { Quota } from './types.ts';

export interface NotedQuota {
  limit: number | null;
  remaining: number;
  resetsAt: Date | null;
  notedAt: Date;
}

export const noted = ({ limit, remaining, resetsAt }: Quota): NotedQuota => ({
  limit: limit ?? null,
  remaining,
  resetsAt: resetsAt ?? null,
  notedAt: new Date(),
});

/** The one that was noted last; null where it has been reset since, and nobody knows what is left. */
export function latest(quotas: readonly (NotedQuota | null)[]): NotedQuota | null {
  let last: NotedQuota | null = null;
  for (const quota of quotas)
    if (quota !== null && (last === null || quota.notedAt > last.notedAt)) last = quota;
  return last?.resetsAt != null && last.resetsAt.getTime() <= Date.now() ? null : last;
}
