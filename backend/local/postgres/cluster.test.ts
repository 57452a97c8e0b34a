import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { findBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { AlreadyRunningError, DataVersionError, PortTakenError } from './errors.ts';
import { runAs } from './os-user.ts';
import { until } from './postmaster.ts';
import { findProcesses, processIdentity } from './processes.ts';
import { kill, query, startHelper } from './testing/children.ts';
import type { SupervisorReport } from './testing/supervisor.ts';
import { freePort } from './throwaway.ts';

const password = 'a password with /, @ and spaces';
let folder: string;
let dataDirectory: string;
let binaries: Binaries;
const clusters: Cluster[] = [];
const supervisors: ChildProcess[] = [];

async function start(port?: number, directory = dataDirectory): Promise<Cluster> {
  const cluster = await startCluster({
    binaries,
    dataDirectory: directory,
    port: port ?? (await freePort()),
    password,
    durable: false,
  });
  clusters.push(cluster);
  return cluster;
}

async function supervise(directory = dataDirectory) {
  const port = await freePort();
  const options = {
    find: { source: 'embedded' },
    dataDirectory: directory,
    port,
    password,
    durable: true,
  };
  const helper = startHelper('supervisor', JSON.stringify(options));
  supervisors.push(helper.child);
  const report = helper.firstLine.then((line) => JSON.parse(line) as SupervisorReport);
  return { ...helper, port, report };
}

const isAlive = (pid: number) => processIdentity(pid) !== undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-cluster-test-'));
  await chmod(folder, 0o755);
  dataDirectory = join(folder, 'data');
  binaries = await findBinaries({ source: 'embedded' });
  const cluster = await start();
  expect(cluster.initialized).toBe(true);
  await query(cluster.adminUrl, `create table kept as select 'old' as value`);
  await cluster.stop();
});

afterEach(async () => {
  for (const child of supervisors.splice(0)) await kill(child, 'SIGTERM');
  for (const cluster of clusters.splice(0)) await cluster.stop('immediate');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('an ordinary life', () => {
  test('a stopped cluster leaves no process and no claim, and its data are there at the next start', async () => {
    const first = await start();
    expect(first).toMatchObject({ initialized: false, recovered: false });
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    expect(await first.exited).toEqual({ code: 0, signal: null });
    expect((await readdir(folder)).filter((name) => name.includes('owner'))).toEqual([]);

    const second = await start();
    expect(await query(second.adminUrl, 'table kept')).toEqual([{ value: 'old' }]);
  });

  test('a fast stop cuts a client off, and a smart one that would wait for it ends by its deadline', async () => {
    for (const mode of ['fast', 'smart'] as const) {
      const cluster = await start();
      const client = new Client({ connectionString: cluster.adminUrl });
      await client.connect();
      client.on('error', () => undefined);
      const cut = new Promise((resolve) => client.once('end', resolve));
      await cluster.stop(mode, mode === 'fast' ? 10_000 : 200);
      await cut;
      expect(isAlive(cluster.pid)).toBe(false);
    }
  });

  test('text is UTF-8 and knows the case of all letters', async () => {
    const { adminUrl } = await start();
    const rows = await query(
      adminUrl,
      `select lower('ÄÉŽ') as lower, 'Crème' ilike 'CRÈME' as same, current_setting('server_encoding') as encoding`,
    );
    expect(rows).toEqual([{ lower: 'äéž', same: true, encoding: 'UTF8' }]);
  });

  test('an installed Postgres serves as well, where there is one', async () => {
    const installed = await findBinaries({ source: 'installed' }).catch(() => undefined);
    if (!installed) {
      console.info('not run: no Postgres is installed');
      return;
    }
    const cluster = await startCluster({
      binaries: installed,
      dataDirectory: join(folder, 'installed'),
      port: await freePort(),
      password,
      durable: true,
    });
    clusters.push(cluster);
    const [row] = await query(cluster.adminUrl, `select lower('ÄÉŽ'), version()`);
    expect(row).toEqual({
      lower: 'äéž',
      version: expect.stringContaining(`PostgreSQL ${installed.version}`),
    });
  });
});

describe('what is refused', () => {
  test('a start over a living owner names its pid, and the living one stays', async () => {
    const { child, report } = await supervise();
    const { adminUrl } = await report;
    const refusal = await start().catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(AlreadyRunningError);
    expect(refusal).toMatchObject({ pid: child.pid });
    expect(await query(adminUrl, 'table kept')).toEqual([{ value: 'old' }]);
  });

  test('of several starts at once exactly one wins, and a start after them succeeds', async () => {
    const starts = await Promise.all([supervise(), supervise(), supervise()]);
    const results = await Promise.allSettled(starts.map(({ report }) => report));
    const won = results.filter(({ status }) => status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const { child } of starts) await kill(child, 'SIGTERM');
    await start();
  });

  test('a taken port is named, nothing stays behind, and another port serves', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    try {
      const refusal = await start(port).catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(PortTakenError);
      expect(refusal).toMatchObject({ port, message: expect.stringContaining(`${port}`) });
    } finally {
      other.close();
    }
    expect(findProcesses(`postgres -D ${dataDirectory} `)).toEqual([]);
    await start();
  });

  test('data of another major version are not touched, and the message says what to do', async () => {
    const versionFile = join(dataDirectory, 'PG_VERSION');
    const version = await readFile(versionFile, 'utf8');
    await writeFile(versionFile, '14\n');
    try {
      const refusal = await start().catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(DataVersionError);
      expect(refusal).toMatchObject({ message: expect.stringContaining('npm run local:reset') });
    } finally {
      await writeFile(versionFile, version);
    }
  });

  test('a password the data were not made with is named as the fault, and no process stays', async () => {
    const attempt = startCluster({
      binaries,
      dataDirectory,
      port: await freePort(),
      password: 'another',
      durable: false,
    });
    await expect(attempt).rejects.toThrow('another password');
    expect(findProcesses(`postgres -D ${dataDirectory} `)).toEqual([]);
  });
});

describe('after a kill -9', () => {
  test('of the supervisor, the next start ends the orphan and uses its data on the same port', async () => {
    const { child, port, report } = await supervise();
    const orphan = await report;
    await query(orphan.adminUrl, `update kept set value = 'from the orphan'`);
    await kill(child, 'SIGKILL');
    expect(await query(orphan.adminUrl, 'table kept')).toEqual([{ value: 'from the orphan' }]);

    const cluster = await start(port);
    expect(cluster.recovered).toBe(true);
    expect(isAlive(orphan.pid)).toBe(false);
    expect(await query(cluster.adminUrl, 'table kept')).toEqual([{ value: 'from the orphan' }]);
  });

  test('of supervisor and server, with a session still busy, the next start recovers', async () => {
    const { child, report } = await supervise();
    const { adminUrl, pid } = await report;
    await query(adminUrl, `update kept set value = 'before the crash'`);
    const busy = new Client({ connectionString: adminUrl });
    busy.on('error', () => undefined);
    await busy.connect();
    const [backend] = (await busy.query<{ pid: number }>('select pg_backend_pid() as pid')).rows;
    const work = busy.query('select count(*) from generate_series(1, 1e12)').catch(() => undefined);
    await kill(child, 'SIGKILL');
    process.kill(pid, 'SIGKILL');
    await until(() => !isAlive(pid), 2_000);
    expect(isAlive(backend?.pid ?? 0)).toBe(true);

    const cluster = await start();
    expect(cluster.recovered).toBe(true);
    expect(isAlive(backend?.pid ?? 0)).toBe(false);
    expect(await query(cluster.adminUrl, 'table kept')).toEqual([{ value: 'before the crash' }]);
    await work;
  });

  test('of everything, a pid file that names some other living process does not stop the start', async () => {
    const other = spawn('sleep', ['60'], { ...runAs(binaries.user), cwd: '/' });
    await once(other, 'spawn');
    const now = Math.floor(Date.now() / 1000);
    const lines = [other.pid, dataDirectory, now, 1, '', '127.0.0.1', '', 'ready', ''];
    await writeFile(join(dataDirectory, 'postmaster.pid'), lines.join('\n'));
    try {
      const cluster = await start();
      expect(await query(cluster.adminUrl, 'table kept')).toHaveLength(1);
      expect(isAlive(other.pid ?? 0)).toBe(true);
    } finally {
      await kill(other, 'SIGKILL');
    }
  });

  test('of a supervisor that was making the data, the next start makes them', async () => {
    const directory = join(folder, 'interrupted');
    const { child, report } = await supervise(directory);
    report.catch(() => undefined);
    const halfMade = join(`${directory}.initializing`, 'data', 'PG_VERSION');
    expect(await until(() => existsSync(halfMade), 10_000)).toBe(true);
    await kill(child, 'SIGKILL');
    expect(existsSync(directory)).toBe(false);

    const cluster = await start(undefined, directory);
    expect(cluster.initialized).toBe(true);
    expect(existsSync(`${directory}.initializing`)).toBe(false);
    expect(await query(cluster.adminUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

test('Ctrl-C in the terminal of the supervisor does not reach Postgres', async () => {
  const { child, report } = await supervise();
  const { adminUrl, pid } = await report;
  const session = new Client({ connectionString: adminUrl });
  await session.connect();
  process.kill(-(child.pid ?? 0), 'SIGINT');
  // A fast shutdown, which SIGINT means to Postgres, would cut this session off at once.
  expect((await session.query('select pg_sleep(0.3)')).rowCount).toBe(1);
  await session.end();
  expect(isAlive(pid)).toBe(true);
  await kill(child, 'SIGTERM');
  expect(isAlive(pid)).toBe(false);
});
