import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { Client, Pool, type ClientConfig } from 'pg';
import type { ErrorCode } from './codes.ts';
import { errorBody } from './http-response.ts';
import { driverMessages, fetchCodes, networkCodes } from './network.ts';
import { toAppError } from './to-app-error.ts';

const disposers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposers.splice(0)) await dispose();
});

/** A server that takes connections in place of Postgres and does with them what the test wants. */
async function standIn(onData: (socket: Socket, data: Buffer) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      onData(socket, data);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  disposers.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return (server.address() as AddressInfo).port;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function rejection(work: Promise<unknown>): Promise<Error> {
  try {
    await work;
  } catch (error) {
    return error as Error;
  }
  throw new Error('This was to fail.');
}

const refusedBy = (config: ClientConfig): Promise<Error> => {
  const client = new Client({
    host: '127.0.0.1',
    user: 'zqx',
    password: 'zqx',
    ssl: false,
    ...config,
  });
  client.on('error', () => undefined);
  return rejection(client.connect());
};

function expectMapped(thrown: Error, code: ErrorCode): void {
  const error = toAppError(thrown);
  expect([thrown.message, error.code]).toEqual([thrown.message, code]);
  expect(error.statusCode).toBe(503);
  const body = JSON.stringify(errorBody(error, { requestId: 'r-1', path: '/' }));
  expect(body).not.toMatch(/127\.0\.0\.1|zqx|ECONN/);
}

describe('Postgres', () => {
  test('is not there', async () => {
    const error = await refusedBy({ port: await closedPort() });
    expect(error).toHaveProperty('code', 'ECONNREFUSED');
    expectMapped(error, 'DATABASE_UNAVAILABLE');
  });

  test('is at none of the addresses its name has', async () => {
    const port = await closedPort();
    const attempt = Object.assign(new Error(`connect ECONNREFUSED 127.0.0.1:${port}`), {
      code: 'ECONNREFUSED',
    });
    expectMapped(new AggregateError([attempt, attempt]), 'DATABASE_UNAVAILABLE');
    expectMapped(await refusedBy({ host: 'localhost', port }), 'DATABASE_UNAVAILABLE');
  });

  test('has a name that nobody knows', async () => {
    expectMapped(await refusedBy({ host: 'zqx.invalid', port: 1 }), 'DATABASE_UNAVAILABLE');
  });

  test('hangs up at once', async () => {
    const port = await standIn((socket) => {
      socket.end();
    });
    expectMapped(await refusedBy({ port }), 'DATABASE_UNAVAILABLE');
  });

  test('resets the connection', async () => {
    const port = await standIn((socket) => {
      socket.resetAndDestroy();
    });
    const error = await refusedBy({ port });
    expect(error).toHaveProperty('code', 'ECONNRESET');
    expectMapped(error, 'DATABASE_UNAVAILABLE');
  });

  test('is something else that speaks HTTP', async () => {
    const port = await standIn((socket) => {
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    expectMapped(await refusedBy({ port, connectionTimeoutMillis: 300 }), 'DATABASE_UNAVAILABLE');
  });

  test('is something else that answers with what Postgres never says', async () => {
    const port = await standIn((socket) => {
      socket.write(Buffer.from([1, 0, 0, 0, 4]));
    });
    const error = await refusedBy({ port });
    expect(error.message).toMatch(/^received invalid response/);
    expectMapped(error, 'DATABASE_UNAVAILABLE');
  });

  test('does not answer in time', async () => {
    const port = await standIn(() => undefined);
    expectMapped(await refusedBy({ port, connectionTimeoutMillis: 50 }), 'DATABASE_UNAVAILABLE');
  });

  test('speaks no TLS', async () => {
    const port = await standIn((socket) => {
      socket.write('N');
    });
    expectMapped(await refusedBy({ port, ssl: true }), 'DATABASE_UNAVAILABLE');
  });

  test('says yes to TLS and then sends something else', async () => {
    let asked = 0;
    const port = await standIn((socket) => {
      socket.write(asked++ === 0 ? 'S' : 'zqx no TLS at all');
    });
    expectMapped(await refusedBy({ port, ssl: true }), 'DATABASE_UNAVAILABLE');
  });

  test('cannot prove who it is', async () => {
    const authentication = (kind: number, data: string) => {
      const message = Buffer.alloc(9 + data.length);
      message.write('R');
      message.writeInt32BE(message.length - 1, 1);
      message.writeInt32BE(kind, 5);
      message.write(data, 9);
      return message;
    };
    // AuthenticationSASL, then AuthenticationSASLContinue.
    const replies = [
      authentication(10, 'SCRAM-SHA-256\0\0'),
      authentication(11, 'r=zqx,s=zqx,i=1'),
    ];
    const port = await standIn((socket) => {
      socket.write(replies.shift() ?? '');
    });
    const error = await refusedBy({ port });
    expect(error.message).toMatch(/^SASL: /);
    expectMapped(error, 'DATABASE_UNAVAILABLE');
  });

  test('gives no connection because the pool is busy', async () => {
    const port = await standIn(() => undefined);
    const pool = new Pool({
      host: '127.0.0.1',
      port,
      ssl: false,
      max: 1,
      connectionTimeoutMillis: 60,
    });
    const waiting = [rejection(pool.connect()), rejection(pool.connect())];
    for (const error of await Promise.all(waiting)) expectMapped(error, 'DATABASE_UNAVAILABLE');
    await pool.end();
    expectMapped(await rejection(pool.query('select 1')), 'DATABASE_UNAVAILABLE');
  });
});

describe('The tables', () => {
  test.each([...networkCodes, ...fetchCodes])('%s is %s', (code, ours) => {
    expectMapped(Object.assign(new Error('zqx'), { code }), ours);
  });

  test('take every reason of OpenSSL for one', () => {
    const error = Object.assign(new Error('zqx'), { code: 'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA' });
    expectMapped(error, 'DATABASE_UNAVAILABLE');
  });

  test.each([...driverMessages])('"%s" is %s', (message, ours) => {
    const error = toAppError(new Error(message));
    expect(error).toMatchObject({ code: ours, statusCode: 503 });
    expect(error.message).not.toBe(message);
  });
});

describe('fetch', () => {
  test('that reaches nobody is an upstream and not the database', async () => {
    const error = await rejection(fetch(`http://127.0.0.1:${await closedPort()}`));
    expectMapped(error, 'UPSTREAM_UNAVAILABLE');
  });

  test('that is cut off is an upstream', async () => {
    const port = await standIn((socket) => {
      socket.destroy();
    });
    expectMapped(await rejection(fetch(`http://127.0.0.1:${port}`)), 'UPSTREAM_UNAVAILABLE');
  });

  test('that takes too long is an upstream', async () => {
    const port = await standIn(() => undefined);
    const signal = AbortSignal.timeout(30);
    expectMapped(
      await rejection(fetch(`http://127.0.0.1:${port}`, { signal })),
      'UPSTREAM_UNAVAILABLE',
    );
  });

  test('that we abort is a service about to stop', async () => {
    const signal = AbortSignal.abort();
    expectMapped(await rejection(fetch('http://127.0.0.1:1', { signal })), 'SERVICE_UNAVAILABLE');
  });

  test('that we call wrongly is our fault', async () => {
    for (const url of ['zqx', 'zqx://host', 'http://127.0.0.1:1']) {
      const error = await rejection(fetch(url));
      expect([url, toAppError(error).code]).toEqual([url, 'INTERNAL_ERROR']);
    }
  });
});

test('A file that is missing is no network error', () => {
  for (const code of ['ENOENT', 'EACCES', 'EPERM', 'ERR_INVALID_ARG_TYPE']) {
    expect(toAppError(Object.assign(new Error('zqx'), { code })).code).toBe('INTERNAL_ERROR');
  }
});
