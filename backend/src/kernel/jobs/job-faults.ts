import type { Job, JobHandler, JobSchedule } from './job.ts';
import { nextTick } from './schedules.ts';

const goodName = /^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/;
const cronFields = 5;

/** Faults in what jobs declare, one line each. The server does not start while there is one. */
export function jobFaults(handlers: readonly JobHandler[]): string[] {
  const names = handlers.map(({ job }) => job.name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  return [
    ...twice.map((name) => `job ${name}: declared twice`),
    ...handlers.flatMap(({ job }) => faultsOf(job).map((fault) => `job ${job.name}: ${fault}`)),
  ];
}

function faultsOf(job: Job): string[] {
  const faults: string[] = [];
  if (!goodName.test(job.name)) faults.push('name it <module>.<verb>');
  for (const count of ['version', 'attempts', 'concurrency', 'batch'] as const) {
    if (!Number.isInteger(job[count]) || job[count] < 1) faults.push(`${count} must be at least 1`);
  }
  for (let version = 1; version < job.version; version += 1) {
    if (job.upgrade[version] === undefined)
      faults.push(`there is no upgrade of version ${version}`);
  }
  if (job.rate && !(job.rate.perMinute >= 1 && job.rate.perMinute <= 6_000))
    faults.push('rate.perMinute must be from 1 to 6000');
  if (job.schedule) faults.push(...scheduleFaults(job, job.schedule));
  return faults;
}

function scheduleFaults(job: Job, schedule: JobSchedule): string[] {
  const faults: string[] = [];
  try {
    nextTick(schedule, new Date());
  } catch {
    faults.push('schedule.cron or schedule.timeZone is not valid');
  }
  if (schedule.cron.trim().split(/\s+/).length !== cronFields)
    faults.push('schedule.cron must have five fields');
  if (job.payload.validate(schedule.payload).error)
    faults.push('schedule.payload is not what the job declares');
  return faults;
}
