/**
 * The provider sandbox as a process of its own. A parent with an IPC channel is sent `{ type: 'ready', url, environment }`,
 * the variables that name it to a server, and takes the process with it when it goes.
 * Ends with exit code 0 after SIGTERM or SIGINT, with 1 where it cannot start.
 */
import { startSandbox } from './sandbox.ts';

const port = Number(process.env.PORT ?? 0);
const latency = process.env.SANDBOX_LATENCY === 'none' ? 'none' : 'usual';

try {
  const sandbox = await startSandbox({ port, latency });
  const stop = () => {
    sandbox.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
  const { url, environment } = sandbox;
  if (process.send) process.send({ type: 'ready', url, environment });
  else console.log(`The provider sandbox listens on ${url}`);
} catch (error) {
  console.error(`The provider sandbox did not start: ${String(error)}`);
  process.exit(1);
}
