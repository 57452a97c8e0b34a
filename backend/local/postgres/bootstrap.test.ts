import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { bootstrapDatabase } from './bootstrap.ts';
import { query } from './testing/children.ts';
import { startThrowawayCluster } from './throwaway.ts';
import type { ThrowawayCluster } from './throwaway.ts';

const alice = '6f7a1a52-5f6e-4d8e-9a39-0d8a4c5b1f01';
const bob = '6f7a1a52-5f6e-4d8e-9a39-0d8a4c5b1f02';
let cluster: ThrowawayCluster;

beforeAll(async () => {
  cluster = await startThrowawayCluster();
  await query(
    cluster.databaseUrl,
    `create table note (owner uuid not null default auth.uid(), body text);
     alter table note enable row level security;
     create policy own on note using (owner = (select auth.uid()));
     insert into note values ('${alice}', 'of Alice'), ('${bob}', 'of Bob')`,
  );
});
afterAll(() => cluster.stop());

/** Runs one statement as the server does for a caller. */
async function asRole(role: string, claims: object | undefined, sql: string) {
  const client = new Client({ connectionString: cluster.databaseUrl });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`set local role ${role}`);
    if (claims) {
      await client.query(`select set_config('request.jwt.claims', $1, true)`, [
        JSON.stringify(claims),
      ]);
    }
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** The database of that name, as that user; the roles of the cluster share one password. */
function urlOf(user: string, database: string): string {
  const url = new URL(cluster.adminUrl);
  url.username = user;
  url.pathname = database;
  return url.href;
}

describe('callers', () => {
  test('a user sees by row-level security what is theirs', async () => {
    const claims = { sub: alice, role: 'authenticated' };
    expect(await asRole('authenticated', claims, 'select body from note')).toEqual([
      { body: 'of Alice' },
    ]);
    const added = `insert into note (body) values ('more') returning owner`;
    expect(await asRole('authenticated', claims, added)).toEqual([{ owner: alice }]);
    const foreign = `insert into note values ('${bob}', 'forged')`;
    await expect(asRole('authenticated', claims, foreign)).rejects.toMatchObject({ code: '42501' });
  });

  test('an anonymous caller sees nothing, the service sees everything', async () => {
    expect(await asRole('anon', undefined, 'select body from note')).toEqual([]);
    expect(await asRole('service_role', { role: 'service_role' }, 'select from note')).toHaveLength(
      2,
    );
  });

  test('auth functions give the claims, and null without them, even after a transaction that had some', async () => {
    const functions =
      'select auth.uid() as uid, auth.role() as role, auth.email() as email, auth.jwt() as jwt';
    const jwt = { sub: alice, role: 'authenticated', email: 'alice@example.com', extra: { a: 1 } };
    expect(await asRole('authenticated', jwt, functions)).toEqual([
      { uid: alice, role: 'authenticated', email: 'alice@example.com', jwt },
    ]);
    const nothing = [{ uid: null, role: null, email: null, jwt: null }];
    expect(await asRole('anon', undefined, functions)).toEqual(nothing);
    // A setting made in a transaction leaves an empty string behind, which is no JSON.
    const client = new Client({ connectionString: cluster.databaseUrl });
    await client.connect();
    await client.query(
      `begin; select set_config('request.jwt.claims', '{"sub":"${alice}"}', true); commit`,
    );
    expect(
      (await client.query(`select current_setting('request.jwt.claims') as left_over`)).rows,
    ).toEqual([{ left_over: '' }]);
    expect((await client.query(functions)).rows).toEqual(nothing);
    await client.end();
  });
});

describe('the role postgres', () => {
  test('is what it is on Supabase: no superuser, but past row-level security and able to make roles', async () => {
    const [role] = await query(
      cluster.databaseUrl,
      `select rolsuper, rolcreatedb, rolcreaterole, rolbypassrls, rolreplication, rolcanlogin,
              pg_get_userbyid(datdba) as database_owner
         from pg_roles, pg_database where rolname = current_user and datname = current_database()`,
    );
    expect(role).toEqual({
      rolsuper: false,
      rolcreatedb: true,
      rolcreaterole: true,
      rolbypassrls: true,
      rolreplication: true,
      rolcanlogin: true,
      database_owner: 'postgres',
    });
  });

  test('reads and writes the auth tables that the issuer makes, which callers cannot see', async () => {
    const authUrl = urlOf('supabase_auth_admin', 'postgres');
    await query(authUrl, 'create table auth.example (id bigserial primary key)');
    expect(
      await query(cluster.databaseUrl, 'insert into auth.example default values returning id'),
    ).toEqual([{ id: '1' }]);
    for (const role of ['anon', 'authenticated', 'service_role']) {
      await expect(asRole(role, undefined, 'table auth.example')).rejects.toMatchObject({
        code: '42501',
      });
    }
    await expect(query(cluster.databaseUrl, 'create table auth.mine ()')).rejects.toMatchObject({
      code: '42501',
    });
  });
});

describe('bootstrapping', () => {
  test('runs again and in several databases at once, with more SQL of the caller', async () => {
    for (const name of ['first', 'second'])
      await query(cluster.adminUrl, `create database ${name}`);
    await query(cluster.adminUrl, 'drop role authenticator'); // something to make, for all at once
    const extraSql = ['create table if not exists extra as select 1 as value'];
    const urls = ['first', 'second', 'first', 'second'].map((name) =>
      urlOf('supabase_admin', name),
    );
    await Promise.all(urls.map((url) => bootstrapDatabase(url, { extraSql: [] })));
    await bootstrapDatabase(urlOf('supabase_admin', 'first'), { extraSql });
    expect(await query(urlOf('supabase_admin', 'first'), 'table extra')).toEqual([{ value: 1 }]);
    expect(await query(urlOf('postgres', 'second'), 'select auth.uid()')).toEqual([{ uid: null }]);
  });

  test('a user who is no superuser is content with a complete database, and told in one sentence what another lacks', async () => {
    await bootstrapDatabase(cluster.databaseUrl);
    await query(cluster.adminUrl, 'create database bare owner postgres');
    await expect(bootstrapDatabase(urlOf('postgres', 'bare'))).rejects.toThrow(
      /^The database lacks function auth\.jwt\(\).* and its user postgres is no superuser .*\.$/,
    );
  });
});
