import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAuthIssuer } from '../../../backend/local/auth/issuer.ts';
import { findBinaries } from '../../../backend/local/postgres/binaries.ts';
import { bootstrapDatabase } from '../../../backend/local/postgres/bootstrap.ts';
import { startCluster, type Cluster } from '../../../backend/local/postgres/cluster.ts';
import { canEnter } from '../../../backend/local/postgres/os-user.ts';
import { freePort } from '../../../backend/local/postgres/throwaway.ts';
import { signUp, type TestUser } from '../../../backend/test/support/users.ts';
import { testTemplate } from '../../../backend/test/support/template.ts';

/** A Postgres that a claim may break, with every migration and an auth issuer on it. */
export interface OwnStack {
  readonly adminUrl: string;
  /** The OS user that Postgres runs as, where it is not ours. */
  readonly osUser: { uid: number; gid: number } | undefined;
  /** The variables that name the stack to a server. */
  readonly environment: Readonly<Record<string, string>>;
  signUp(): Promise<TestUser>;
  /** As a crash does: without writing anything down. */
  kill(): Promise<void>;
  /** On the same port, with the same data. Resolves when it answers queries. */
  start(): Promise<void>;
  end(): Promise<void>;
}

export async function startOwnStack(): Promise<OwnStack> {
  const binaries = await findBinaries();
  const parent = canEnter(tmpdir(), binaries.user) ? tmpdir() : '/tmp';
  const folder = await mkdtemp(join(parent, 'bulwark-prove-'));
  if (binaries.user) await chmod(folder, 0o755);
  const password = randomBytes(16).toString('hex');
  const port = await freePort();
  const start = () =>
    startCluster({ binaries, dataDirectory: join(folder, 'data'), password, port, durable: false });
  let cluster: Cluster | undefined = await start();
  const kill = async () => {
    await cluster?.stop('immediate');
    cluster = undefined;
  };
  const { adminUrl, databaseUrl: url, authUrl } = cluster;
  await bootstrapDatabase(adminUrl, { postgresPassword: password });
  await testTemplate.prepare({ adminUrl, url, authUrl });
  const issuer = await startAuthIssuer({ databaseUrl: authUrl, port: 0 });
  return {
    adminUrl,
    osUser: binaries.user,
    environment: {
      NODE_ENV: 'test',
      DATABASE_URL: url,
      SUPABASE_URL: issuer.url,
      SUPABASE_ANON_KEY: issuer.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: issuer.serviceRoleKey,
    },
    signUp: () => signUp(issuer),
    kill,
    async start() {
      cluster ??= await start();
    },
    async end() {
      await issuer.close().catch(() => undefined);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
