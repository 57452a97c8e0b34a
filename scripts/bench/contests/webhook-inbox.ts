import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { startServerProcess } from '../../../backend/test/support/server-process.ts';
import type { TestStack } from '../../../backend/test/support/stack.ts';
import { senderSignature } from '../../prove/servers/sender/signed.ts';
import { contest, type Rules, type Standing } from '../support/contest.ts';
import { startBenchServer } from '../support/start-server.ts';
import { unlimited } from './authenticated-get.ts';

/** Each its own event of about 1 kB, signed. */
function signedEvent() {
  const id = randomUUID();
  const body = JSON.stringify({ id, type: 'thing.happened', note: 'x'.repeat(900) });
  return { body, headers: { 'x-signature': senderSignature(body) } };
}

/**
 * One event a request: Bulwark's inbox with everything on, which writes the event and its job in one transaction, and a bare
 * Express route that checks the same signature and writes one row. Handlers are left out of both: no worker runs.
 */
export async function webhookInbox(stack: TestStack, rules?: Rules): Promise<Standing[]> {
  const client = new Client({ connectionString: stack.database.url });
  await client.connect();
  await client.query(
    'create table public.bare_events (id text primary key, type text not null, body jsonb not null)',
  );
  const bulwark = await startServerProcess('scripts/prove/servers/sender.ts', {
    ...stack.environment,
    ...unlimited,
    RATE_LIMIT_WEBHOOK: '100000000',
    JOBS_WORKER: 'none',
  });
  const bare = await startBenchServer('bare-webhook.ts', { ...stack.environment });
  const contestants = [
    { ...bulwark, name: 'Bulwark, event and job' },
    { ...bare, name: 'bare Express, one INSERT' },
  ].map(({ name, url, child }) => ({
    name,
    child,
    url: `${url}/api/v1/webhooks/sender`,
    headers: { 'content-type': 'application/json' },
    next: signedEvent,
  }));
  try {
    const standings = await contest(contestants, rules);
    const { rows } = await client.query<{ events: number; jobs: number }>(
      `select (select count(*)::int from bulwark.webhook_events) as events,
              (select count(*)::int from pgboss.job where name = 'webhooks.sender') as jobs`,
    );
    const [counted] = rows;
    if (!counted?.events || counted.events !== counted.jobs)
      throw new Error(`Events without their jobs: ${JSON.stringify(counted)}`);
    return standings;
  } finally {
    for (const { child } of [bulwark, bare]) child.kill('SIGTERM');
    await bulwark.ended;
    await client.end();
  }
}
