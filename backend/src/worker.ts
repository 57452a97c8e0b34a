import { modules } from './modules.ts';
import { runServer } from './run-server.ts';

/** Does the jobs of all modules in a process of its own: same configuration, signals and shutdown as the server. */
await runServer(modules, 'worker');
