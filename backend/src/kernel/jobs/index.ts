export { defineJob, handleJob } from './job.ts';
export type { Job, JobHandler, JobInput } from './job.ts';
export { createJobs } from './jobs.ts';
export type { EnqueueOptions, Jobs, JobsServer } from './jobs.ts';
export { ClaimLost } from './workers.ts';
export { jobStates } from './admin-types.ts';
export type {
  FailedAttempt,
  JobError,
  JobFilter,
  JobMinute,
  JobRecord,
  JobsAdmin,
  JobState,
  QueueState,
} from './admin-types.ts';
