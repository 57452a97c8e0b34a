import { defineJob, handleJob, type JobHandler } from '../../kernel/jobs/index.ts';
import { shape, uuid } from '../../kernel/schema/index.ts';
import type { Mirror } from './mirror.ts';

/** Brings a user's `app_metadata.entitlements` up to what they may use. */
export const mirrorEntitlements = defineJob({
  name: 'billing.mirror-entitlements',
  payload: shape({ userId: uuid() }),
  // Over about six hours: Supabase may be away for a while.
  attempts: 12,
  retryDelaySeconds: 5,
  timeoutSeconds: 60,
});

export const billingJobs = (mirror: Mirror): JobHandler[] => [
  handleJob(mirrorEntitlements, ({ payload, signal }) => mirror.write(payload.userId, signal)),
];
