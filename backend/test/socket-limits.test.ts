import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Socket } from 'socket.io-client';
import { rooms } from './fixtures/rooms-module.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';
import { frame, openAdmitted, opcodes, openRawWebSocket } from './support/raw-web-socket.ts';

let app: TestApp;
let user: TestUser;
const opened: { destroy(): void }[] = [];

beforeAll(async () => {
  app = await startTestApp({
    modules: [rooms],
    environment: {
      SOCKET_MAX_PAYLOAD: '16kb',
      SOCKET_PACKETS_PER_SECOND: '20',
      SOCKET_MAX_EVENTS_UNDER_WAY: '3',
      SOCKET_MAX_ROOMS: '2',
      SOCKET_MAX_BACKLOG: '1mb',
      SOCKET_MAX_CONNECTIONS: '8',
      SOCKET_MAX_PER_ADDRESS: '6',
      SOCKET_MAX_PER_USER: '3',
      TRUST_PROXY: '1',
    },
  });
  user = await app.signUp();
});
afterEach(async () => {
  for (const one of opened.splice(0)) one.destroy();
  await gauge('bulwark_socket_connections', 0);
});
afterAll(async () => {
  await app.stop();
});

const connect = async (): Promise<Socket> => {
  const socket = await app.connect(user.accessToken);
  opened.push({ destroy: () => socket.disconnect() });
  return socket;
};
const ask = (socket: Socket, event: string, payload: unknown): Promise<unknown> =>
  socket.timeout(5_000).emitWithAck(event, payload) as Promise<unknown>;
const refused = (code: string) => ({
  ok: false,
  error: expect.objectContaining({ error: code }) as unknown,
});

/** Resolves once the metric has the value. */
async function gauge(name: string, expected: number): Promise<void> {
  while ((await app.metric(name)) !== expected) await new Promise((done) => setTimeout(done, 5));
}

test('a socket with as many events under way as allowed is refused the next, not kept waiting', async () => {
  const [socket, other] = [await connect(), await connect()];
  const waiting = [1, 2, 3].map(() => ask(socket, 'rooms:wait', {}));
  expect(await ask(socket, 'rooms:join', { room: 'a' })).toEqual(refused('RATE_LIMITED'));
  expect(await ask(other, 'rooms:release', {})).toMatchObject({ ok: true });
  await Promise.all(waiting);
  expect(await ask(socket, 'rooms:join', { room: 'a' })).toMatchObject({ ok: true });
});

test('a socket is in so many rooms and no more', async () => {
  const socket = await connect();
  for (const room of ['a', 'b', 'a'])
    expect(await ask(socket, 'rooms:join', { room })).toMatchObject({ ok: true });
  expect(await ask(socket, 'rooms:join', { room: 'c' })).toEqual(refused('RATE_LIMITED'));
});

test.each<[string, string | Buffer]>([
  ['events', '42["rooms:join",{"room":"a"}]'],
  ['heartbeats', '3'],
  ['WebSocket pings', frame('', { opcode: opcodes.ping })],
])('a socket that floods with %s is told why and ended, others are not', async (_what, one) => {
  const other = await connect();
  const flooder = await openAdmitted(app.url, user.accessToken);
  flooder.send(...Array<string | Buffer>(200).fill(one));
  await flooder.ended;
  expect(flooder.received()).toContain('"socket:ended",{"error":"RATE_LIMITED"');
  expect(await ask(other, 'rooms:join', { room: 'a' })).toMatchObject({ ok: true });
});

test('whoever floods before they are admitted is ended as well', async () => {
  const flooder = await openRawWebSocket(app.url);
  flooder.send(...Array<string>(200).fill('3'));
  await flooder.ended;
});

test('who does not read is cut off, and the others in the room hear everything', async () => {
  const listener = await connect();
  const speaker = await connect();
  const slow = await openAdmitted(app.url, user.accessToken);
  slow.send('421["rooms:join",{"room":"slow"}]');
  await slow.until('431[');
  slow.pause();
  await ask(listener, 'rooms:join', { room: 'slow' });
  let heard = 0;
  listener.on('rooms:said', () => (heard += 1));
  let spoken = 0;
  const cut = { reason: 'slow-consumer' };
  const said = { room: 'slow', text: 'x'.repeat(8_000), times: 100 };
  while ((await app.metric('bulwark_sockets_cut_total', cut)) === undefined) {
    await ask(speaker, 'rooms:say', said);
    await new Promise((done) => setTimeout(done, 60));
    spoken += said.times;
  }
  await ask(listener, 'rooms:join', { room: 'slow' });
  expect(heard).toBe(spoken);
  slow.resume();
  await slow.ended;
});

test('connections are capped by user, by address and in all, each with its code', async () => {
  for (let count = 0; count < 3; count += 1) await connect();
  await expect(app.connect(user.accessToken)).rejects.toMatchObject({
    data: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) as unknown },
  });
  // The refused one's connection counts until its client has closed it.
  await gauge('bulwark_socket_connections', 3);

  const from = async (address: string) => {
    const socket = await openRawWebSocket(app.url, { headers: [`X-Forwarded-For: ${address}`] });
    opened.push(socket);
    return socket;
  };
  const network = '2001:db8:1:2::';
  for (let count = 0; count < 5; count += 1) await from(`${network}${count}`);
  const all = await from('192.0.2.1');
  await all.ended;
  expect(all.received()).toBe('SERVICE_UNAVAILABLE');
});

test('an IPv6 network is one address', async () => {
  const from = async (address: string) => {
    const socket = await openRawWebSocket(app.url, { headers: [`X-Forwarded-For: ${address}`] });
    opened.push(socket);
    return socket;
  };
  for (let count = 0; count < 6; count += 1) await from(`2001:db8:1:2::${count}`);
  const next = await from('2001:db8:1:2:3::1');
  await next.ended;
  expect(next.received()).toBe('RATE_LIMITED');
  expect((await from('192.0.2.1')).statusLine).toContain('101');
});
