import { rmSync } from 'node:fs';
import { findBinaries } from '../backend/local/postgres/binaries.ts';
import { removeCluster } from '../backend/local/postgres/cluster.ts';
import { localPaths } from '../backend/local/stack/paths.ts';
import { claimRun } from '../backend/local/stack/run-file.ts';

/** Deletes the local database and its passwords. Exit code 1, and nothing deleted, while the stack is running. */
const say = (line: string): void => {
  console.log(line);
};
try {
  const paths = localPaths(process.env.BULWARK_HOME);
  const run = await claimRun(paths, say);
  try {
    await removeCluster(paths.postgresData, await findBinaries());
    rmSync(paths.credentials, { force: true });
  } finally {
    await run.release();
  }
  say('The local data are deleted; npm start makes new ones.');
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
