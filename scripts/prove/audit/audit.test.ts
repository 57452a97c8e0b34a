import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../../../backend/test/support/app.ts';
import { isInstalled } from '../../../backend/test/support/programs.ts';
import { startImpostor } from '../testing/impostor.ts';
import {
  startBabblingServer,
  startCarelessServer,
  startGarbageServer,
  type OtherServer,
} from '../testing/careless-server.ts';
import { prove, type ProveRun } from '../testing/prove.ts';
import { createTarget, mostRequests } from './target.ts';

jest.setTimeout(60_000); // each of several processes

const verdicts = ({ rows = [] }: ProveRun) =>
  Object.fromEntries(rows.map(({ id, verdict }) => [id, verdict]));

describe('a Bulwark, audited', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(async () => {
    await app.stop();
  });

  test('holds everything that applies to it, with a token and without', async () => {
    const { accessToken } = await app.signUp();
    const withToken = await prove(['--target', app.url], { PROVE_TOKEN: accessToken });
    const without = await prove(['--target', app.url]);
    for (const run of [withToken, without]) {
      expect(verdicts(run)).toEqual({
        'target-headers': 'holds',
        'target-cors': 'holds',
        'target-error-shape': 'holds',
        'target-tokens-http': 'holds',
        'target-tokens-sockets': 'holds',
        'target-webhooks': 'not run', // there are none yet
        'target-health': 'holds',
        'target-rate-limits': 'holds',
        'target-strange-requests': 'holds',
        'target-reachable': 'holds',
        'target-tls': 'not run', // it is asked over plain HTTP
      });
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(/\n\d+ passed, 0 failed\n$/);
    }
    const said = withToken.stdout + withToken.stderr + JSON.stringify(withToken.rows);
    expect(said).not.toContain(accessToken);
  });

  test('learns no token in clear over a network, nor without having proven its name', () => {
    const tokenFor = (url: string, trusted: boolean) =>
      createTarget({ url, trusted, token: 'mine', protectedPath: '/' }).token;
    expect(tokenFor('https://api.example.test', true)).toBe('mine');
    expect(tokenFor('https://api.example.test', false)).toBeUndefined();
    expect(tokenFor('http://api.example.test', true)).toBeUndefined();
    expect(tokenFor(app.url, true)).toBe('mine');
  });

  test('a token that it does not take is a fault', async () => {
    const run = await prove(['--target', app.url, '--token', 'not.a.token']);
    expect(run.code).toBe(1);
    expect(verdicts(run)).toMatchObject({
      'target-tokens-http': 'fails',
      'target-headers': 'holds',
    });
    expect(run.stdout).toContain('your own token: 401');
  });
});

describe('servers of other people', () => {
  const others: OtherServer[] = [];
  const start = async <S extends OtherServer>(starting: Promise<S>): Promise<S> => {
    const server = await starting;
    others.push(server);
    return server;
  };
  afterAll(async () => {
    await Promise.all(others.map((server) => server.close()));
  });

  test('each mistake of a careless one is found, in few requests', async () => {
    const careless = await start(startCarelessServer());
    const run = await prove(['--target', careless.url]);
    expect(run.code).toBe(1);
    expect(verdicts(run)).toEqual({
      'target-headers': 'fails',
      'target-cors': 'fails',
      'target-error-shape': 'fails',
      'target-tokens-http': 'fails',
      'target-tokens-sockets': 'fails',
      'target-webhooks': 'fails',
      'target-health': 'fails',
      'target-rate-limits': 'fails',
      'target-strange-requests': 'fails',
      'target-reachable': 'holds',
      'target-tls': 'not run',
    });
    for (const fault of [
      'names its framework',
      'a cookie without Secure and HttpOnly',
      'Access-Control-Allow-Origin: https://bulwark-audit.invalid, with credentials',
      'any request id is repeated',
      'unsigned: 200',
      'a foreign origin: admitted',
      '/webhooks/stripe: 200',
      'liveness: the answer shows the inside of the server',
      'another X-Forwarded-For is counted as another client',
      'broken JSON: 500',
    ])
      expect(run.stdout).toContain(fault);
    expect(careless.requests()).toBeLessThanOrEqual(mostRequests);
  });

  test('one that speaks no HTTP is said not to, after one request', async () => {
    const garbage = await start(startGarbageServer());
    const run = await prove(['--target', garbage.url]);
    expect(run.code).toBe(1);
    expect(run.rows).toMatchObject([{ id: 'target-reachable', verdict: 'fails' }]);
    expect(run.stdout).toContain('what it answers is not HTTP');
    expect(garbage.requests()).toBe(1);
  });

  test('one that babbles is reported like any other', async () => {
    const babbling = await start(startBabblingServer());
    const run = await prove(['--target', babbling.url]);
    expect(run.code).toBe(1);
    expect(run.stderr).toBe('');
    expect(verdicts(run)).toMatchObject({
      'target-headers': 'fails',
      'target-error-shape': 'fails',
    });
    expect(babbling.requests()).toBeLessThanOrEqual(mostRequests);
  });

  const withOpenssl = isInstalled('openssl') ? test : test.skip;
  withOpenssl('one without a valid certificate is told so, and never sees the token', async () => {
    const impostor = await start(startImpostor());
    const run = await prove(['--target', impostor.url], { PROVE_TOKEN: 'mine.and.secret' });
    expect(run.code).toBe(1);
    expect(verdicts(run)).toMatchObject({ 'target-tls': 'fails', 'target-headers': 'fails' });
    expect(run.stdout).toContain('its certificate is not valid for its name');
    expect(impostor.requests()).toBeGreaterThan(10);
    expect(impostor.heard()).not.toContain('mine.and.secret');
  });

  test('nobody at all is a fault too', async () => {
    const gone = await startGarbageServer();
    await gone.close();
    const run = await prove(['--target', gone.url]);
    expect(run.code).toBe(1);
    expect(run.rows).toMatchObject([{ figure: 'no answer (ECONNREFUSED)' }]);
  });

  test('what is no address of one is refused', async () => {
    const run = await prove(['--target', 'ftp://example.test']);
    expect([run.code, run.rows]).toEqual([2, undefined]);
    expect(run.stderr).toContain('no URL of http or https');
  });
});
