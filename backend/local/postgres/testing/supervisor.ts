/** Runs one cluster until SIGTERM; for tests that kill a supervisor. Arguments: one JSON object. */
import { findBinaries } from '../binaries.ts';
import type { FindBinariesOptions } from '../binaries.ts';
import { startCluster } from '../cluster.ts';

export interface SupervisorArguments {
  find: FindBinariesOptions;
  dataDirectory: string;
  port: number;
  password: string;
  durable: boolean;
}

/** The line it prints when the cluster is up. */
export interface SupervisorReport {
  adminUrl: string;
  pid: number;
}

const { find, ...options } = JSON.parse(process.argv[2] ?? '') as SupervisorArguments;
process.on('SIGINT', () => undefined); // as a supervisor that takes its time over Ctrl-C
const cluster = await startCluster({
  ...options,
  binaries: await findBinaries(find),
});
process.once('SIGTERM', () => void cluster.stop());
const report: SupervisorReport = { adminUrl: cluster.adminUrl, pid: cluster.pid };
console.log(JSON.stringify(report));
