import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../../backend/local/postgres/throwaway.ts';
import { root } from '../../../backend/local/stack/paths.ts';
import { defineClaim } from '../claim.ts';
import { createChecks } from '../checks.ts';
import { openSockets } from '../measure/socket-pool.ts';

const canaryShare = 0.2;
const clients = 1_000;
const publicLimit = 40;

export default defineClaim({
  id: 'nginx-config',
  phase: 6,
  claim:
    'The nginx kit passes `nginx -t` and carries REST and WebSockets, refuses large bodies, gives a canary its share, believes no X-Forwarded-For of a client and shows no metrics.',
  bound: 'every check passes',
  seconds: 10,
  needs: ['nginx'],
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const server = await startServer({
      environment: {
        TRUST_PROXY: '1',
        RATE_LIMIT_PUBLIC: String(publicLimit),
        KEEP_ALIVE_TIMEOUT_MS: '65000',
      },
    });
    const canary = await startCanary();
    const port = await freePort();
    const prefix = mkdtempSync(join(tmpdir(), 'bulwark-nginx-'));
    // Started by root, nginx works as another user, who keeps large bodies here for a while.
    chmodSync(prefix, 0o755);
    const config = configure(prefix, {
      port,
      stable: new URL(server.url).port,
      canary: portOf(canary),
    });
    const test = spawnSync('nginx', ['-t', '-p', prefix, '-c', config], { encoding: 'utf8' });
    const nginx = spawn('nginx', ['-p', prefix, '-c', config, '-g', 'daemon off;'], {
      stdio: 'ignore',
    });
    const url = `http://127.0.0.1:${port}`;
    // Of the stable release: found by asking, as the split is by the client's address and program.
    const isCanary = async (agent: string) =>
      (await (await fetch(`${url}/livez`, { headers: { 'user-agent': agent } })).text()) ===
      'canary';
    try {
      await check('nginx -t', () => {
        assert.equal(test.status, 0, test.stderr);
      });
      await until(() =>
        fetch(url).then(
          () => true,
          () => false,
        ),
      );
      let stable = 0;
      while (await isCanary(`client ${stable}`)) stable += 1;
      const headers = { 'user-agent': `client ${stable}` };
      const { accessToken } = await stack.signUp();

      await check('REST', async () => {
        const me = await fetch(`${url}/api/v1/me`, {
          headers: { ...headers, authorization: `Bearer ${accessToken}` },
        });
        assert.equal(me.status, 200);
      });
      await check('WebSockets', async () => {
        const pool = await openSockets({
          url,
          count: 10,
          token: () => accessToken,
          client: { extraHeaders: headers },
        });
        assert.equal(
          pool.sockets.every(({ ready }) => ready),
          true,
        );
        pool.close();
      });
      const post = (bytes: number) =>
        fetch(`${url}/api/v1/recipes`, {
          method: 'POST',
          headers: {
            ...headers,
            authorization: `Bearer ${accessToken}`,
            'content-type': 'application/json',
          },
          body: JSON.stringify({ title: 'x'.repeat(bytes) }),
        });
      await check('a body over the server’s limit is refused by the server', async () => {
        const answer = await post(200_000);
        assert.equal(answer.status, 413);
        assert.match(await answer.text(), /PAYLOAD_TOO_LARGE/);
      });
      await check('a body over nginx’s limit is refused by nginx', async () => {
        assert.equal((await post(1_200_000)).status, 413);
      });
      await check('metrics are not shown', async () => {
        assert.equal((await fetch(`${url}/metrics`, { headers })).status, 404);
      });
      await check('a spoofed X-Forwarded-For buys no rate limit', async () => {
        const statuses: number[] = [];
        for (let index = 0; index < publicLimit * 2; index += 1) {
          const forged = { ...headers, 'x-forwarded-for': `203.0.113.${index}` };
          statuses.push(
            (await fetch(`${url}/api/v1/me`, { headers: { ...forged, authorization: 'Bearer x' } }))
              .status,
          );
        }
        assert.equal(statuses.at(-1), 429);
      });
      await check(`a canary of ${canaryShare * 100} % gets its share`, async () => {
        let hits = 0;
        for (let index = 0; index < clients; index += 1)
          if (await isCanary(`share ${index}`)) hits += 1;
        assert.ok(Math.abs(hits / clients - canaryShare) < 0.05, `${hits} of ${clients}`);
      });
      return finding();
    } finally {
      nginx.kill('SIGQUIT');
      if (nginx.exitCode === null) await once(nginx, 'exit');
      canary.closeAllConnections();
      canary.close();
      rmSync(prefix, { recursive: true, force: true });
    }
  },
});

/** The kit as it is, but for what a laptop lacks: TLS, its ports, and a prefix of its own. */
function configure(
  prefix: string,
  ports: { port: number; stable: string; canary: number },
): string {
  const kit = readFileSync(join(root, 'docs', 'deploy', 'nginx.conf'), 'utf8')
    .replace('listen 443 ssl;', `listen 127.0.0.1:${ports.port};`)
    .replace(/^ *ssl_certificate.*$/gm, '')
    .replaceAll('127.0.0.1:3000', `127.0.0.1:${ports.stable}`)
    .replaceAll('127.0.0.1:3001', `127.0.0.1:${ports.canary}`)
    .replace(/^ *0% /m, `    ${canaryShare * 100}% `);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${prefix}/${name};`)
    .join('\n');
  const file = join(prefix, 'nginx.conf');
  writeFileSync(
    file,
    `worker_processes 1; pid ${prefix}/nginx.pid; error_log ${prefix}/error.log;
events { worker_connections 512; }
http { access_log off;\n${temporary}\n${kit}\n}`,
  );
  return file;
}

async function startCanary(): Promise<Server> {
  const server = createServer((_request, response) => response.end('canary')).listen(
    0,
    '127.0.0.1',
  );
  await once(server, 'listening');
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port;

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  while (!(await isSo())) {
    if (performance.now() > giveUpAt) throw new Error('nginx did not start');
    await wait(50);
  }
}
