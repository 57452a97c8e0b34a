import { strict as assert } from 'node:assert';
import { randomUUID } from 'node:crypto';
import { createClient } from '@supabase/supabase-js';
import { io, type Socket } from 'socket.io-client';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

interface Ack {
  ok: boolean;
  error?: { error: string };
}

export default defineClaim({
  id: 'unmodified-clients',
  phase: 7,
  claim:
    'An unmodified supabase-js and socket.io-client sign up, call, refresh, come back after a restart and sign out, without a line of ours between.',
  bound: 'every check passes',
  seconds: 10,
  async measure({ startServer, stack, progress }) {
    const { check, finding } = createChecks(progress);
    const { issuer } = stack;
    const environment = { SESSION_CHECK_INTERVAL_MS: '1000', SHUTDOWN_DRAIN_MS: '200' };
    let server = await startServer({ script: 'probe.ts', environment });
    const supabase = createClient(issuer.url, issuer.anonKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    const credentials = { email: `${randomUUID()}@example.test`, password: `Pw-${randomUUID()}` };
    const token = async () => (await supabase.auth.getSession()).data.session?.access_token ?? '';
    const me = async () => {
      const headers = { authorization: `Bearer ${await token()}` };
      const response = await fetch(`${server.url}/api/v1/me`, { headers });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    };
    const socket: Socket = io(server.url, {
      transports: ['websocket'],
      autoConnect: false,
      auth: (give) =>
        void token().then((fresh) => {
          give({ token: fresh });
        }),
    });
    const join = async () => {
      const ack = (await socket.emitWithAck('probe:join', { room: 'kitchen' })) as Ack;
      assert.ok(ack.ok, ack.error?.error);
    };

    try {
      await check('signs up and is known by the same id', async () => {
        const { data, error } = await supabase.auth.signUp(credentials);
        assert.equal(error, null);
        assert.deepEqual([(await me()).status, (await me()).body.id], [200, data.user?.id]);
      });
      await check('connects with the same session, and enters a room', async () => {
        const connected = heard(socket, 'connected');
        socket.connect();
        await connected;
        await join();
      });
      await check('refreshes: the new token serves, over HTTP and in band', async () => {
        const before = await token();
        const { error } = await supabase.auth.refreshSession();
        assert.equal(error, null);
        assert.notEqual(await token(), before);
        assert.equal((await me()).status, 200);
        const ack = (await socket.emitWithAck('auth:refresh', { token: await token() })) as Ack;
        assert.ok(ack.ok, ack.error?.error);
      });
      await check('comes back by itself after a restart of the server', async () => {
        const back = heard(socket, 'connected');
        server.child.kill('SIGTERM');
        assert.equal(await server.ended, 0);
        const { port } = new URL(server.url);
        server = await startServer({
          script: 'probe.ts',
          environment: { ...environment, PORT: port },
        });
        await back;
        await join();
      });
      await check('a wrong password is refused in the words of Supabase', async () => {
        const { error } = await supabase.auth.signInWithPassword({ ...credentials, password: 'x' });
        assert.equal(error?.code, 'invalid_credentials');
      });
      await check('signs in again, and the API knows the new session', async () => {
        const { error } = await supabase.auth.signInWithPassword(credentials);
        assert.equal(error, null);
        assert.equal((await me()).status, 200);
      });
      await check('signs out: the token is refused and the open socket ends', async () => {
        const last = await token();
        const ended = heard(socket, 'auth:ended');
        const { error } = await supabase.auth.signOut({ scope: 'global' });
        assert.equal(error, null);
        await ended;
        const headers = { authorization: `Bearer ${last}` };
        const response = await fetch(`${server.url}/api/v1/me`, { headers });
        const { error: code } = (await response.json()) as { error: string };
        assert.deepEqual([response.status, code], [401, 'SESSION_REVOKED']);
      });
    } finally {
      socket.disconnect();
    }
    return finding();
  },
});

const heard = (socket: Socket, event: string): Promise<unknown> =>
  new Promise((resolve) => socket.once(event, resolve));
