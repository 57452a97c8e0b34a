/** The built worker process with its jobs. */
import { modules, runServer } from './built.ts';
import { operated } from './operated/module.ts';

await runServer([...modules, operated], 'worker');
