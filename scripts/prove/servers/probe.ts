/** The built server with every feature and the probe. Brings the probe's own table up first. */
import { modules, runMigrations, runServer } from './built.ts';
import { probe } from './probe/index.ts';

const { DATABASE_URL: databaseUrl = '' } = process.env;
if (probe.migrations)
  await runMigrations(databaseUrl, [{ owner: probe.name, directory: probe.migrations }], {
    info: () => undefined,
  });
await runServer([...modules, probe]);
