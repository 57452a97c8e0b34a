import type { Client } from 'pg';

/** Owner and name of an applied file, to the checksum it had. Rows of removed modules are in it too. */
export type Ledger = ReadonlyMap<string, LedgerRow>;

export interface LedgerRow {
  owner: string;
  name: string;
  checksum: string;
}

/** A number of our own: "bulw" in ASCII. */
const lockKey = 0x62756c77;
/** Another start may be applying long migrations. */
const lockWait = '10min';
/** A schema change that waits for a lock makes everyone behind it wait as well. */
const changeWait = '10s';

const createLedger = `
  create schema if not exists bulwark;
  create table if not exists bulwark.migrations (
    owner text not null,
    name text not null,
    checksum text not null,
    applied_at timestamptz not null default now(),
    primary key (owner, name)
  )`;

/**
 * Runs `work` in a transaction that no other start can be in at the same time. The lock is the transaction's, so it works
 * through a transaction pooler, and a killed start leaves none behind. After a failure the client has to be ended, which
 * rolls back.
 */
export async function inLockedTransaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  await client.query(
    `begin; set local statement_timeout = 0; set local lock_timeout = '${lockWait}'`,
  );
  await client.query('select pg_advisory_xact_lock($1)', [lockKey]);
  await client.query(`set local lock_timeout = '${changeWait}'`);
  const result = await work();
  await client.query('commit');
  return result;
}

export async function prepareLedger(client: Client): Promise<void> {
  if (!(await ledgerExists(client))) {
    await inLockedTransaction(client, () => client.query(createLedger));
  }
}

/** Empty where nothing was ever applied. */
export async function readLedger(client: Client): Promise<Ledger> {
  if (!(await ledgerExists(client))) return new Map();
  const { rows } = await client.query<LedgerRow>(
    'select owner, name, checksum from bulwark.migrations order by name',
  );
  return new Map(rows.map((row) => [`${row.owner}/${row.name}`, row]));
}

async function ledgerExists(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ found: boolean }>(
    "select to_regclass('bulwark.migrations') is not null as found",
  );
  return rows[0]?.found === true;
}
