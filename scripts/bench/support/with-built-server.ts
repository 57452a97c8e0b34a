import {
  startServerProcess,
  type ServerProcess,
} from '../../../backend/test/support/server-process.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { withStack } from '../../support/with-stack.ts';

/** A stack, and a way to start the built server against it; what was started is ended behind the work. */
export async function withBuiltServer(
  work: (
    stack: TestStack,
    startServer: (environment: Readonly<Record<string, string>>) => Promise<ServerProcess>,
  ) => Promise<void>,
): Promise<void> {
  await withStack(async (stack) => {
    const started: ServerProcess[] = [];
    try {
      await work(stack, async (environment) => {
        const server = await startServerProcess('backend/dist/index.js', {
          ...stack.environment,
          ...environment,
        });
        started.push(server);
        return server;
      });
    } finally {
      for (const { child } of started) child.kill('SIGTERM');
      await Promise.all(started.map(({ ended }) => ended));
    }
  });
}
