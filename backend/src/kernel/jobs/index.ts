export { ClaimLost, JobTimedOut } from './attempt.ts';
export { defineJob, handleJob, JobPostponed } from './job.ts';
export type {
  CommitOptions,
  Job,
  JobCaller,
  JobHandler,
  JobInput,
  JobRate,
  JobSchedule,
} from './job.ts';
export { createJobs } from './jobs.ts';
export type { EnqueueOptions, Jobs, JobsServer } from './types.ts';
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
