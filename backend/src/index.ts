import { runInstrumented } from './instrumented.ts';

await runInstrumented('api');
