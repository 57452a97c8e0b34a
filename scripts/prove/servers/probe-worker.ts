/** The built worker process with the probe's jobs. */
import { modules, runServer } from './built.ts';
import { probe } from './probe/index.ts';

await runServer([...modules, probe], 'worker');
