export { defineJob, handleJob } from './job.ts';
export type { Job, JobHandler, JobInput } from './job.ts';
export { createJobs } from './jobs.ts';
export type { EnqueueOptions, Jobs, JobsServer } from './jobs.ts';
export { ClaimLost } from './workers.ts';
