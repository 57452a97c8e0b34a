import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { io, type Socket } from 'socket.io-client';
import { defineModule } from '../src/kernel/module/index.ts';
import { socketEvent } from '../src/kernel/realtime/index.ts';
import { shape } from '../src/kernel/schema/index.ts';
import { echo } from './fixtures/echo-module.ts';
import { startTestApp, type TestApp } from './support/app.ts';

const open = defineModule({
  name: 'open',
  create: () => ({
    socketEvents: [
      socketEvent({
        name: 'open:ask',
        summary: 'For everyone',
        auth: 'public',
        rateLimit: 'public',
        payload: shape({}),
        handler: () => Promise.resolve({}),
      }),
    ],
  }),
});

let direct: TestApp;
let proxied: TestApp;

beforeAll(async () => {
  const environment = { RATE_LIMIT_PUBLIC: '4' };
  const modules = [echo, open];
  [direct, proxied] = await Promise.all([
    startTestApp({ modules, environment }),
    startTestApp({ modules, environment: { ...environment, TRUST_PROXY: '1' } }),
  ]);
});
afterAll(async () => {
  await Promise.all([direct.stop(), proxied.stop()]);
});

const from = (address: string) => ({ 'x-forwarded-for': address });

/** Connects without a token and asks; resolves with the codes of the answers. */
async function asks(app: TestApp, address: string, times: number): Promise<string[]> {
  const socket: Socket = io(app.url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders: from(address),
  });
  const connected = await new Promise<string>((resolve) => {
    socket.once('connected', () => {
      resolve('connected');
    });
    socket.once('connect_error', (error: Error & { data?: { code: string } }) => {
      resolve(error.data?.code ?? error.message);
    });
  });
  const codes = [connected];
  for (let count = 0; connected === 'connected' && count < times; count += 1) {
    const answer = (await socket.emitWithAck('open:ask', {})) as { error?: { error: string } };
    codes.push(answer.error?.error ?? 'ok');
  }
  socket.disconnect();
  return codes;
}

describe('behind one trusted proxy', () => {
  test('each address it names has points of its own, over sockets as over HTTP', async () => {
    expect(await asks(proxied, '203.0.113.1', 4)).toEqual([
      'connected',
      'ok',
      'ok',
      'ok',
      'RATE_LIMITED',
    ]);
    expect(await asks(proxied, '203.0.113.2', 1)).toEqual(['connected', 'ok']);
    const { status } = await proxied.request.get('/api/v1/public-echo').set(from('203.0.113.1'));
    expect(status).toBe(429);
  });

  test('what the client itself put before it changes nothing', async () => {
    const statuses: number[] = [];
    for (let count = 0; count < 5; count += 1) {
      const { status } = await proxied.request
        .get('/api/v1/public-echo')
        .set(from(`198.51.100.${count}, 203.0.113.9`));
      statuses.push(status);
    }
    expect(statuses).toEqual([200, 200, 200, 200, 429]);
  });
});

describe('without a proxy', () => {
  test('the forwarded address is not believed, and refused connections count', async () => {
    const { accessToken } = await direct.signUp();
    const codes: string[] = [];
    for (let count = 0; count < 6; count += 1) {
      const socket = io(direct.url, {
        transports: ['websocket'],
        forceNew: true,
        reconnection: false,
        auth: { token: 'nonsense' },
        extraHeaders: from(`198.51.100.${count}`),
      });
      codes.push(
        await new Promise((resolve) => {
          socket.once('connect_error', (error: Error & { data?: { code: string } }) => {
            resolve(error.data?.code ?? error.message);
          });
        }),
      );
      socket.disconnect();
    }
    expect(codes.slice(0, 4)).toEqual(Array(4).fill('TOKEN_INVALID'));
    expect(codes.slice(4)).toEqual(['RATE_LIMITED', 'RATE_LIMITED']);
    // Whoever is signed in has points of their own.
    (await direct.connect(accessToken)).disconnect();
  });
});
