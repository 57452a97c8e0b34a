import { strict as assert } from 'node:assert';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

interface Body {
  error: string;
  message: string;
  statusCode: number;
  requestId: string;
  timestamp: string;
  path: string;
}

const leaks = /node_modules|\bat .*\(.*:\d+:\d+\)|\.ts:\d+|\.js:\d+|select |insert /i;

export default defineClaim({
  id: 'one-error-world',
  phase: 1,
  claim:
    'Every refusal has one shape and the id of its request, says nothing of the inside, and is no alarm in the log.',
  bound: 'every check passes',
  seconds: 3,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const server = await startServer();
    const { accessToken } = await stack.signUp();
    const call = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
      fetch(`${server.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${accessToken}`, ...headers },
      });

    await check('an unknown path: 404 NOT_FOUND, with the path', async () => {
      const body = await refused(await call('/api/v1/nothing-here?secret=1'), 404, 'NOT_FOUND');
      assert.equal(body.path, '/api/v1/nothing-here');
    });
    await check('a wrong method: 405 with Allow', async () => {
      const response = await call('/api/v1/me', 'DELETE');
      assert.equal(response.headers.get('allow'), 'GET, HEAD, OPTIONS');
      await refused(response, 405, 'METHOD_NOT_ALLOWED');
    });
    await check('a path that cannot be decoded: 400', async () => {
      await refused(await call('/api/v1/%ff'), 400, 'MALFORMED_REQUEST');
    });
    await check("the caller's own request id comes back, a malformed one does not", async () => {
      const kept = await call('/api/v1/nothing', 'GET', { 'x-request-id': 'phase-one-check' });
      assert.equal(kept.headers.get('x-request-id'), 'phase-one-check');
      const replaced = await call('/api/v1/nothing', 'GET', { 'x-request-id': '<script>' });
      assert.notEqual(replaced.headers.get('x-request-id'), '<script>');
    });
    await check('problem+json when asked for', async () => {
      const response = await call('/api/v1/nothing', 'GET', { accept: 'application/problem+json' });
      assert.equal(response.headers.get('content-type'), 'application/problem+json');
      const { status, error } = (await response.json()) as { status: number; error: string };
      assert.deepEqual({ status, error }, { status: 404, error: 'NOT_FOUND' });
    });
    await check('what is not HTTP is answered with 400 and closed', async () => {
      const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
      socket.end('THIS IS NOT HTTP\r\n\r\n');
      assert.match(await text(socket), /^HTTP\/1\.1 400 /);
    });
    await check('nothing was logged above warn', () => {
      const errors = server.lines().filter(({ level }) => level === 'error' || level === 'fatal');
      assert.deepEqual(errors, []);
    });
    return finding();
  },
});

async function refused(response: Response, status: number, code: string): Promise<Body> {
  const content = await response.text();
  assert.equal(response.status, status, content);
  assert.ok(!leaks.test(content), `it says too much: ${content}`);
  const body = JSON.parse(content) as Body;
  assert.equal(body.error, code);
  assert.equal(body.statusCode, status);
  assert.equal(body.requestId, response.headers.get('x-request-id'));
  assert.ok(!Number.isNaN(Date.parse(body.timestamp)));
  return body;
}
