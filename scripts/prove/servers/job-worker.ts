/** A worker with the jobs of the proofs: the built queue, without the rest of the server. Its place comes as JSON. */
import { openJobs, type JobsPlace } from '../jobs/open-jobs.ts';
import { proveHandlers } from '../jobs/kinds.ts';

const place = JSON.parse(process.env.JOBS_PLACE ?? '') as JobsPlace;
const jobs = await openJobs(place, true, proveHandlers);
process.on('SIGTERM', () => {
  void jobs.close().then(() => process.exit(0));
});
process.send?.('ready');
