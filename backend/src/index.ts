import { modules } from './modules.ts';
import { runServer } from './run-server.ts';

await runServer(modules);
