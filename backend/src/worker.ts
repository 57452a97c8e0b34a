import { runInstrumented } from './instrumented.ts';

/** Does the jobs of all modules in a process of its own: same configuration, signals and shutdown as the server. */
await runInstrumented('worker');
