import { once } from 'node:events';
import {
  createServer,
  request,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express, { type ErrorRequestHandler } from 'express';
import createError from 'http-errors';
import { AppError } from './app-error.ts';
import { errorCodes, type ErrorCode } from './codes.ts';
import { errorResponse, type ErrorBody } from './http-response.ts';
import { toAppError } from './to-app-error.ts';

const mark = 'zqx-secret';
const thrown: unknown[] = [];
/** An option of body-parser that its types do not know. */
const depthLimit = { depth: 2 };
let server: Server;
let port: number;

beforeAll(async () => {
  const app = express();
  app.use(
    '/verified',
    express.json({
      verify: () => {
        throw new Error(mark);
      },
    }),
  );
  app.use(
    '/refused',
    express.json({
      verify: () => {
        throw new AppError('RATE_LIMITED');
      },
    }),
  );
  app.use('/form', express.urlencoded({ extended: true, parameterLimit: 5, ...depthLimit }));
  app.use('/read', (request, _response, next) => {
    request.setEncoding('utf8');
    next();
  });
  app.post('/raw', async (request, response) => {
    for await (const chunk of request) response.write(chunk);
    response.end();
  });
  app.use(express.json({ limit: 1000 }));
  app.all('/things/:id', (_request, response) => {
    response.json({});
  });
  app.all('/{*any}', (_request, response) => {
    response.json({});
  });
  app.use(((error: unknown, request, response, _next) => {
    thrown.push(error);
    response.emit('answered');
    const answer = errorResponse(toAppError(error), { requestId: 'r-1', path: request.path });
    response.status(answer.status).set(answer.headers).json(answer.body);
  }) satisfies ErrorRequestHandler);
  server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, 'close');
});

async function send(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; text: string }> {
  const sent = request({
    host: '127.0.0.1',
    port,
    path,
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
  });
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode, text };
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('A request that Express cannot read', () => {
  test.each<[string, ErrorCode, string, string | Buffer, Record<string, string>?]>([
    ['JSON that ends early', 'MALFORMED_JSON', '/', `{"a":"${mark}"`],
    ['no JSON', 'MALFORMED_JSON', '/', mark],
    ['a bare value', 'MALFORMED_JSON', '/', `"${mark}"`],
    ['bytes that are no UTF-8', 'MALFORMED_JSON', '/', Buffer.from([0xff, 0xfe, 0x00])],
    ['too large a body', 'PAYLOAD_TOO_LARGE', '/', JSON.stringify({ a: mark.repeat(1000) })],
    [
      'a body that is too large once unpacked',
      'PAYLOAD_TOO_LARGE',
      '/',
      gzipSync(JSON.stringify({ a: 'a'.repeat(1e6) })),
      { 'Content-Encoding': 'gzip' },
    ],
    [
      'an unknown charset',
      'UNSUPPORTED_MEDIA_TYPE',
      '/',
      '{}',
      { 'Content-Type': 'application/json; charset=zqx-secret' },
    ],
    ['an unknown encoding', 'UNSUPPORTED_MEDIA_TYPE', '/', '{}', { 'Content-Encoding': mark }],
    ['a broken encoding', 'MALFORMED_REQUEST', '/', mark, { 'Content-Encoding': 'gzip' }],
    ['too many parameters', 'PAYLOAD_TOO_LARGE', '/form', `${mark}=1&`.repeat(9), form],
    ['too deep parameters', 'MALFORMED_REQUEST', '/form', `${mark}[a][b][c][d]=1`, form],
    ['a path that is no UTF-8', 'MALFORMED_REQUEST', '/things/%ff', '{}'],
    ['a path with half an escape', 'MALFORMED_REQUEST', '/things/%zqx', '{}'],
    ['a body whose signature is wrong', 'FORBIDDEN', '/verified', `{"a":"${mark}"}`],
    ['a body that our own check refuses', 'RATE_LIMITED', '/refused', `{"a":"${mark}"}`],
  ])('because of %s is %s', async (_, code, path, body, headers = {}) => {
    const { status, text } = await send(path, body, headers);
    expect(status).toBe(errorCodes[code].status);
    const answer = JSON.parse(text) as ErrorBody;
    expect(answer.error).toBe(code);
    expect(answer.message).toBe(errorCodes[code].message);
    expect(JSON.stringify({ ...answer, path: '' })).not.toContain('zqx');
  });

  test('because a part of ours read it first is our fault', async () => {
    const { status, text } = await send('/read', '{}');
    expect(status).toBe(500);
    expect(text).not.toContain('encoding');
  });

  test('leaves its body behind, for the log too', async () => {
    thrown.length = 0;
    await send('/', `{"password":"${mark}"`);
    // body-parser keeps what was sent on its error.
    expect(thrown[0]).toHaveProperty('body', `{"password":"${mark}"`);
    expect(toAppError(thrown[0]).cause).toBeUndefined();
  });

  test.each([
    ['body-parser', '/'],
    ['a handler that reads the stream itself', '/raw'],
  ])('because its sender hung up is not our fault, met by %s', async (_, path) => {
    thrown.length = 0;
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const arrived = once(server, 'request');
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{`,
    );
    const [, response] = (await arrived) as [IncomingMessage, ServerResponse];
    const answered = once(response, 'answered');
    socket.destroy();
    await answered;
    expect(toAppError(thrown[0]).code).toBe('MALFORMED_REQUEST');
  });

  test.each<[string, string]>([
    ['/', '{"a":1}'],
    ['/', '[]'],
    ['/', ''],
    ['/form', 'a=1'],
  ])('is none when it can: %s %p', async (path, body) => {
    expect((await send(path, body, path === '/form' ? form : {})).status).toBe(200);
  });
});

describe('An error of http-errors', () => {
  test.each<[number, ErrorCode]>([
    [400, 'MALFORMED_REQUEST'],
    [401, 'UNAUTHENTICATED'],
    [403, 'FORBIDDEN'],
    [404, 'NOT_FOUND'],
    [405, 'METHOD_NOT_ALLOWED'],
    [406, 'NOT_ACCEPTABLE'],
    [408, 'REQUEST_TIMEOUT'],
    [409, 'CONFLICT'],
    [412, 'PRECONDITION_FAILED'],
    [413, 'PAYLOAD_TOO_LARGE'],
    [415, 'UNSUPPORTED_MEDIA_TYPE'],
    [418, 'MALFORMED_REQUEST'],
    [428, 'PRECONDITION_REQUIRED'],
    [429, 'RATE_LIMITED'],
    [500, 'INTERNAL_ERROR'],
    [501, 'NOT_IMPLEMENTED'],
    [502, 'INTERNAL_ERROR'],
    [503, 'SERVICE_UNAVAILABLE'],
  ])('with status %i is %s, in our words', (status, code) => {
    expect(toAppError(createError(status, mark))).toMatchObject({
      code,
      message: errorCodes[code].message,
    });
  });
});

test('A status on an error of somebody’s SDK is not our answer’s status', () => {
  for (const status of [400, 401, 403, 404, 429]) {
    const error = Object.assign(new Error(mark), { status, statusCode: status });
    expect(toAppError(error).code).toBe('INTERNAL_ERROR');
    expect(toAppError({ status }).code).toBe('INTERNAL_ERROR');
  }
});

test('A URIError of our own making is our fault', () => {
  expect(toAppError(new URIError('malformed')).code).toBe('INTERNAL_ERROR');
});
