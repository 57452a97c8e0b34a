import { defineJob } from '../../kernel/jobs/index.ts';
import { syncJobPayload, type SyncKind } from './sync-schema.ts';

const rules = {
  payload: syncJobPayload,
  retryDelaySeconds: 5,
  // A set of some hundred cards takes seconds; a page at its deadline is 15 s.
  timeoutSeconds: 900,
  // The provider's quota is what limits it, and what it writes overlaps.
  concurrency: 2,
};

/** What is to be done stands in `catalog.syncs`. */
export const syncJobs = {
  set: defineJob({ ...rules, name: 'catalog.sync-set' }),
  variants: defineJob({ ...rules, name: 'catalog.refresh-variants' }),
} as const satisfies Record<SyncKind, unknown>;
