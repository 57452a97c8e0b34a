import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { Client } from 'pg';
import type { TestStack } from '../../../../test/support/stack.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { doorsOf, type Door } from './fixtures/doors.ts';

/** Where nothing listens: what goes to the sandbox is an effect that fails, and is audited all the same. */
const noSandbox = 'http://127.0.0.1:9';

export default defineClaim({
  id: 'admin-is-audited',
  phase: 1,
  claim:
    'Every operation of the admin API refuses everybody but admins, and every change it makes is in an audit log that nobody can alter.',
  bound: '0 let through, 0 changes without their entry, 0 alterations of the log',
  seconds: 15,
  async measure({ startServer, stack, progress, signal }) {
    const server = await startServer({ environment: { PROVIDER_SANDBOX_URL: noSandbox } });
    const ask = async ({ method, path, body }: Door, token?: string, requestId?: string) => {
      const response = await fetch(server.url + path, {
        method: method.toUpperCase(),
        signal,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(requestId === undefined ? {} : { 'x-request-id': requestId }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      });
      await response.arrayBuffer();
      return response.status;
    };
    const document = await fetch(`${server.url}/api/v1/openapi.json`, { signal });
    const doors = doorsOf(await document.json());
    const admin = await stack.signUp({ role: 'admin' });
    const faults: string[] = [];

    progress(`${doors.length} operations, asked by those who may not`);
    const strangers: [who: string, token: string | undefined, expected: number][] = [
      ['nobody', undefined, 401],
      ['a user', (await stack.signUp()).accessToken, 403],
      ['a machine account', (await stack.signUp({ role: 'service' })).accessToken, 403],
      ['a user who calls themselves admin', await selfMadeAdmin(stack), 403],
    ];
    for (const door of doors)
      for (const [who, token, expected] of strangers) {
        const status = await ask(door, token);
        if (status !== expected) faults.push(`${door.operationId} answers ${status} to ${who}`);
      }
    const letThrough = faults.length;

    progress('changes, made by an admin');
    const changes = doors.filter(({ method }) => method !== 'get');
    const unaudited = await withDatabase(stack, async (client) => {
      const { rows } = await client.query('select from bulwark.audit_entries');
      if (rows.length > 0) faults.push('a refused request has left an entry');
      let missing = 0;
      for (const door of changes) {
        const requestId = randomUUID();
        const status = await ask(door, admin.accessToken, requestId);
        const entries = await client.query(
          `select from bulwark.audit_entries as entry
           join bulwark.audit_outcomes as outcome on outcome.entry_id = entry.id
           where request_id = $1 and actor_id = $2 and (error_code is null) = $3`,
          [requestId, admin.userId, status < 400],
        );
        if (status !== 400 && entries.rowCount === 1) continue;
        missing += 1;
        faults.push(`${door.operationId} (${status}) has ${entries.rowCount ?? 0} entries`);
      }
      return missing;
    });

    progress('the log, altered by its owner and by service_role');
    const altered = await withDatabase(stack, async (client) => {
      let done = 0;
      for (const role of ['none', 'service_role', 'authenticated'])
        for (const table of ['bulwark.audit_entries', 'bulwark.audit_outcomes'])
          for (const change of [
            `update ${table} set details = '{}'`,
            `delete from ${table}`,
            `truncate ${table} cascade`,
          ]) {
            await client.query(`set role ${role}`);
            const succeeded = await client.query(change).then(
              () => true,
              () => false,
            );
            if (!succeeded) continue;
            done += 1;
            faults.push(`${role} could ${change}`);
          }
      return done;
    });

    return {
      figure: `${letThrough} of ${doors.length * strangers.length} let through, ${changes.length - unaudited} of ${changes.length} changes have their entry, ${altered} of 18 alterations of the log`,
      holds: faults.length === 0 && changes.length > 0,
      faults,
    };
  },
});

/** `user_metadata` is the user's own to write; a role in it is none. */
async function selfMadeAdmin(stack: TestStack): Promise<string | undefined> {
  const { email, password } = await stack.signUp();
  const client = createClient(stack.issuer.url, stack.issuer.anonKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  await client.auth.signInWithPassword({ email, password });
  await client.auth.updateUser({ data: { role: 'admin', app_metadata: { role: 'admin' } } });
  const { data } = await client.auth.refreshSession();
  return data.session?.access_token;
}

async function withDatabase<T>(stack: TestStack, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: stack.database.url });
  await client.connect();
  return work(client).finally(() => client.end());
}
