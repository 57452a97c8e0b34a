/** The built server with doors for what operators do at run time. */
import { modules, runServer } from './built.ts';
import { operated } from './operated/module.ts';

await runServer([...modules, operated]);
