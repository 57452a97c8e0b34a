import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { chmod, chown, cp, lstat, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { findBinaries } from './binaries.ts';
import type { Binaries } from './binaries.ts';
import { removeCluster, startCluster } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { findEmbeddedPackage } from './embedded.ts';
import { canEnter, findServerUser } from './os-user.ts';
import { query } from './testing/children.ts';
import { freePort } from './throwaway.ts';

const packaged = findEmbeddedPackage() ?? '';
const user = findServerUser();
if (!user) console.info('not run: what concerns root, because the tests run as another user');
const asRoot = user ? describe : describe.skip;

let folder: string;
let embeddedPackage: string;
let sharedFolder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulwark-binaries-test-'));
  await chmod(folder, 0o755);
  // A checkout in a private home, its package as npm leaves it: without the links between the libraries.
  const checkout = join(folder, 'private');
  await mkdir(checkout, { mode: 0o700 });
  embeddedPackage = join(checkout, 'package', 'native');
  sharedFolder = join(folder, 'shared');
  await cp(dirname(packaged), dirname(embeddedPackage), {
    recursive: true,
    verbatimSymlinks: true,
    filter: async (path) => !path.endsWith('.a') && !(await lstat(path)).isSymbolicLink(),
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the embedded Postgres runs though npm made no links', async () => {
  await chmod(join(folder, 'private'), 0o755);
  const binaries = await findBinaries({ source: 'embedded', embeddedPackage, sharedFolder });
  await chmod(join(folder, 'private'), 0o700);
  expect(binaries).toMatchObject({
    source: 'embedded',
    directory: join(embeddedPackage, 'bin'),
    version: expect.stringMatching(/^17\./),
    major: 17,
  });
});

test('an installed Postgres comes first, and either can be asked for', async () => {
  const installed = await findBinaries({ source: 'installed' }).catch(() => undefined);
  expect((await findBinaries()).source).toBe(installed ? 'installed' : 'embedded');
  expect((await findBinaries({ source: 'embedded' })).source).toBe('embedded');
});

test('a package that does not run is refused with the reason', async () => {
  const broken = join(folder, 'broken');
  await mkdir(join(broken, 'native', 'lib'), { recursive: true });
  await cp(join(embeddedPackage, 'pg-symlinks.json'), join(broken, 'native', 'pg-symlinks.json'));
  await expect(
    findBinaries({ source: 'embedded', embeddedPackage: join(broken, 'native'), sharedFolder }),
  ).rejects.toThrow(/does not run here/);
});

asRoot('root, with a checkout in a private folder', () => {
  let binaries: Binaries;
  let cluster: Cluster | undefined;
  const dataDirectory = () => join(folder, 'private', 'data');
  const start = async () => {
    cluster = await startCluster({
      binaries,
      dataDirectory: dataDirectory(),
      port: await freePort(),
      password: 'secret',
      durable: false,
    });
    return cluster;
  };

  beforeAll(async () => {
    // As an installation under umask 077 leaves them.
    for (const path of ['.', 'bin', 'bin/postgres', 'lib', 'share']) {
      await chmod(join(embeddedPackage, path), 0o700);
    }
    expect(canEnter(join(folder, 'private'), user)).toBe(false);
    // Twice at once, as `npm start` and `npm test` may.
    const find = () => findBinaries({ source: 'embedded', embeddedPackage, sharedFolder });
    [binaries] = await Promise.all([find(), find()]);
  });
  afterEach(() => cluster?.stop('immediate'));

  test('runs a copy of the binaries, and its data survive a restart beside them', async () => {
    expect(dirname(dirname(binaries.directory))).toBe(sharedFolder);
    const first = await start();
    await query(first.adminUrl, 'create table kept as select 1 as value');
    await first.stop();
    const second = await start();
    expect(second.initialized).toBe(false);
    expect(await query(second.adminUrl, 'table kept')).toEqual([{ value: 1 }]);
    expect(second.dataDirectory.startsWith(sharedFolder)).toBe(true);
  });

  test('data whose link is gone are an earlier checkout’s, and made anew', async () => {
    await rm(dataDirectory());
    const { initialized } = await start();
    expect(initialized).toBe(true);
  });

  test('a removed cluster leaves neither data nor link', async () => {
    const { dataDirectory: real } = await start();
    await cluster?.stop();
    await removeCluster(dataDirectory(), binaries);
    expect(existsSync(dirname(real))).toBe(false);
    expect(await readdir(join(folder, 'private'))).toEqual(['package']);
  });

  test('a folder that another user may write in is not trusted', async () => {
    const planted = join(folder, 'planted');
    await mkdir(planted);
    await chown(planted, user?.uid ?? 0, user?.gid ?? 0);
    await expect(
      findBinaries({ source: 'embedded', embeddedPackage, sharedFolder: planted }),
    ).rejects.toThrow(/not trusted/);
  });
});
