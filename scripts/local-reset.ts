import { rmSync } from 'node:fs';
import { findBinaries } from '../backend/local/postgres/binaries.ts';
import { removeCluster } from '../backend/local/postgres/cluster.ts';
import { paths } from '../backend/local/stack/paths.ts';
import { runningSupervisor } from '../backend/local/stack/run-file.ts';

const pid = runningSupervisor();
if (pid !== undefined) {
  console.error(`The local stack is running (process ${pid}). End it first.`);
  process.exitCode = 1;
} else {
  await removeCluster(paths.postgresData, await findBinaries());
  for (const file of [paths.credentials, paths.runFile, paths.stackFile])
    rmSync(file, { force: true });
  console.log('The local data are deleted; npm start makes new ones.');
}
