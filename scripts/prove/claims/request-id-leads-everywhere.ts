import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { startFailingProvider } from '../../../backend/test/support/failing-provider.ts';
import { defineClaim } from '../claim.ts';

const requests = 60;
const longestMs = 20_000;
const messages = ['request', 'provider call', 'job'];

export default defineClaim({
  id: 'request-id-leads-everywhere',
  phase: 3,
  claim:
    'The id of a request leads to its own line, to its job in another process and to the call of a provider, in the stored log and at the provider.',
  bound: 'every request',
  seconds: 15,
  async measure({ stack, startServer, progress, signal }) {
    const provider = await startFailingProvider();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    try {
      const environment = { OPERATED_PROVIDER_URL: provider.url, RATE_LIMIT_PUBLIC: '1000000' };
      const server = await startServer({
        script: 'operated.ts',
        environment: { ...environment, JOBS_WORKER: 'none' },
      });
      await startServer({
        script: 'operated-worker.ts',
        environment: { ...environment, PORT: '1' },
      });

      progress('asking');
      const ids = await Promise.all(
        Array.from({ length: requests }, async (_, number) => {
          // Every other one is given its id here, the others by the server.
          const own = number % 2 === 0 ? { 'x-request-id': `claimed-by-client-${number}` } : {};
          const answer = await fetch(`${server.url}/api/v1/operated/questions`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...own },
            body: JSON.stringify({ what: `question ${number}` }),
          });
          return answer.status === 202 ? (answer.headers.get('x-request-id') ?? '') : '';
        }),
      );
      progress('looking for what became of them');
      const startedAt = performance.now();
      let complete: string[] = [];
      while (
        complete.length < requests &&
        performance.now() - startedAt < longestMs &&
        !signal.aborted
      ) {
        await wait(100);
        const { rows } = await client.query<{ id: string }>(
          `select request_id as id from bulwark.app_logs
           where request_id = any ($1) and message = any ($2)
           group by 1 having count(distinct message) = $3 and count(distinct fields->>'pid') = 2`,
          [ids, messages, messages.length],
        );
        complete = rows.map(({ id }) => id);
      }
      const told = new Set(provider.requests.map(({ headers }) => headers['x-request-id']));
      const missing = ids.filter((id) => !complete.includes(id) || !told.has(id));
      return {
        figure: `${requests - missing.length} of ${requests} ids lead from the request to the job in another process and to the provider`,
        holds: missing.length === 0 && new Set(ids).size === requests,
        faults: missing.slice(0, 5),
      };
    } finally {
      await client.end();
      await provider.close();
    }
  },
});
