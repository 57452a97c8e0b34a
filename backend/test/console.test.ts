import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildConsole } from '../../scripts/build-console.ts';
import { startTestApp, type TestApp } from './support/app.ts';

let app: TestApp;
let page: string;

beforeAll(async () => {
  buildConsole();
  app = await startTestApp({ modules: [] });
  page = (await app.request.get('/admin/')).text;
}, 60_000);
afterAll(async () => {
  await app.stop();
});

const directives = (policy: string | undefined): Map<string, string> =>
  new Map(
    (policy ?? '').split('; ').map((directive): [string, string] => {
      const [name = '', ...sources] = directive.split(' ');
      return [name, sources.join(' ')];
    }),
  );

describe('the page of the console', () => {
  test('is served under /admin with a policy that admits nothing inline and nothing from elsewhere', async () => {
    const { status, headers } = await app.request.get('/admin/');
    expect([status, headers['content-type'], headers['cache-control']]).toEqual([
      200,
      'text/html; charset=utf-8',
      'no-store',
    ]);
    const policy = directives(headers['content-security-policy']);
    expect(policy.get('default-src')).toBe("'none'");
    expect(policy.get('script-src')).toBe("'self'");
    expect(policy.get('style-src')).toBe("'self'");
    expect(policy.get('frame-ancestors')).toBe("'none'");
    expect(policy.get('connect-src')).toBe(`'self' ${app.issuer.url}`);
    expect(headers['content-security-policy']).not.toMatch(/unsafe|\*|data:/);
  });

  test('holds no script and no style of its own', () => {
    expect(page).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\bstyle=|\bon\w+=/i);
    expect(page.match(/(?:src|href)="[^"]*"/g)?.every((link) => /="\.\//.test(link))).toBe(true);
  });

  test('names files that browsers may keep for good', async () => {
    const files = [...page.matchAll(/(?:src|href)="\.\/(assets\/[^"]+)"/g)].map(([, file]) => file);
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      const { status, headers } = await app.request.get(`/admin/${file ?? ''}`);
      expect([status, headers['cache-control']]).toEqual([
        200,
        'public, max-age=31536000, immutable',
      ]);
    }
  });

  test('sends its program compressed to whoever takes that', async () => {
    const program = /assets\/[\w-]+\.js/.exec(page)?.[0] ?? '';
    const [plain, brotli] = await Promise.all(
      ['identity', 'br'].map((encoding) =>
        fetch(`${app.url}/admin/${program}`, { headers: { 'accept-encoding': encoding } }),
      ),
    );
    expect(plain?.headers.get('content-encoding')).toBeNull();
    expect(brotli?.headers.get('content-encoding')).toBe('br');
    for (const answer of [plain, brotli]) {
      expect(answer?.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
      expect(answer?.headers.get('vary')).toContain('Accept-Encoding');
    }
    const sizes = [plain, brotli].map((answer) => Number(answer?.headers.get('content-length')));
    expect((sizes[1] ?? 0) * 3).toBeLessThan(sizes[0] ?? 0);
    expect(await plain?.text()).toBe(await brotli?.text());
  });

  test('is found without the slash, and its places without the #', async () => {
    const [bare, place] = await Promise.all([
      app.request.get('/admin'),
      app.request.get('/admin/queues'),
    ]);
    expect([bare.status, bare.headers.location]).toEqual([308, '/admin/']);
    expect([place.status, place.headers.location]).toEqual([302, '/admin/#/queues']);
  });

  test('learns the public values from config.json, and no other', async () => {
    const answer = await app.request.get('/admin/config.json');
    expect(answer.body).toEqual({
      apiUrl: '/',
      supabaseUrl: app.issuer.url,
      anonKey: app.issuer.anonKey,
      sandbox: false,
    });
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  test.each([
    '/admin/assets/../../package.json',
    '/admin/assets/%2e%2e/index.html',
    '/admin/assets/..%2findex.html',
    '/admin/assets/',
    '/admin/.built-from',
    '/admin/nothing.js',
    '/Admin/',
  ])('does not give out %s', async (path) => {
    const response = await fetch(`${app.url}${path}`);
    expect(response.status).toBe(404);
  });

  test('is only read', async () => {
    const { status, headers } = await app.request.post('/admin/').send({});
    expect([status, headers.allow]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });
});

test('without a build, the answer says how to make one', async () => {
  const empty = mkdtempSync(join(tmpdir(), 'bulwark-no-console-'));
  const bare = await startTestApp({ modules: [], stack: app.stack, consoleDirectory: empty });
  const answer = await bare.request.get('/admin/');
  await bare.stop();
  rmSync(empty, { recursive: true });
  expect([answer.status, (answer.body as { message: string }).message]).toEqual([
    404,
    'The console is not built: npm run build makes it.',
  ]);
});

test('with CONSOLE=off there is none', async () => {
  const without = await startTestApp({
    modules: [],
    stack: app.stack,
    environment: { CONSOLE: 'off' },
  });
  const statuses = await Promise.all(
    ['/admin', '/admin/', '/admin/config.json'].map((path) => fetch(`${without.url}${path}`)),
  ).then((answers) => answers.map(({ status }) => status));
  await without.stop();
  expect(statuses).toEqual([404, 404, 404]);
});
