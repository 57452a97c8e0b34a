import { once } from 'node:events';
import { Agent, request as httpRequest } from 'node:http';
import type { TestStack } from '../../backend/test/support/stack.ts';
import { startServerProcess } from '../../backend/test/support/server-process.ts';
import { assert, type Checks } from './checks.ts';

/** One request on a kept connection; resolves with its status, rejects when it is cut or refused. */
function get(url: string, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { agent }, (response) => {
      response.resume();
      response.on('end', () => {
        resolve(response.statusCode ?? 0);
      });
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end();
  });
}

export async function shutdownChecks({ section, check }: Checks, stack: TestStack): Promise<void> {
  section('Graceful shutdown');
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    await check(`${signal}: drains, says so, ends with 0`, async () => {
      const server = await startServerProcess('backend/dist/index.js', {
        ...stack.environment,
        SHUTDOWN_DRAIN_MS: '800',
      });
      const agent = new Agent({ keepAlive: true, maxSockets: 4 });
      assert.equal(await get(`${server.url}/livez`, agent), 200);
      server.child.kill(signal);
      while (!server.output().includes(`${signal} received, starting graceful shutdown...`)) {
        await once(server.child.stdout ?? server.child, 'data');
      }
      // While it drains, every request is still answered, on the old connection and on new ones.
      const statuses = [];
      for (let round = 0; round < 20; round += 1)
        statuses.push(await get(`${server.url}/livez`, agent));
      assert.deepEqual(new Set(statuses), new Set([200]));
      assert.equal(await get(`${server.url}/readyz`, agent), 503);
      agent.destroy();
      assert.equal(await server.ended, 0);
      assert.match(server.output(), /Graceful shutdown complete/);
    });
  }
}
