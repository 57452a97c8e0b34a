import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, importJWK } from 'jose';
import type { CryptoKey, JSONWebKeySet, JWK } from 'jose';
import type { Pool } from 'pg';
import { transaction } from './database.ts';
import type { Queryable } from './database.ts';

export const signingAlgorithm = 'ES256';

/** Keys that sign no more but still verify live tokens; a rotation beyond this drops the oldest. */
export const maxPreviousKeys = 2;

interface StoredKey {
  kid: string;
  private_jwk: JWK;
}

export interface SigningKeys {
  /** The key that signs now. */
  active(): Promise<{ kid: string; key: CryptoKey }>;
  /** Public keys, the active one first. */
  jwks(): Promise<JSONWebKeySet>;
}

/**
 * The keys are read from the database each time, so that a rotation bites at the next request, in every
 * process on this database; only the imported private key is kept.
 */
export function createSigningKeys(db: Queryable): SigningKeys {
  let imported: { kid: string; key: CryptoKey } | undefined;

  return {
    async active() {
      const stored = await findActiveKey(db);
      if (stored === undefined) throw new Error('There is no active signing key');
      if (imported?.kid !== stored.kid) {
        const key = await importJWK(stored.private_jwk, signingAlgorithm);
        if (key instanceof Uint8Array) throw new Error('The signing key is not asymmetric');
        imported = { kid: stored.kid, key };
      }
      return imported;
    },

    async jwks() {
      const { rows } = await db.query<StoredKey>(
        'select kid, private_jwk from local_auth.signing_keys order by state, created_at desc',
      );
      return { keys: rows.map(({ private_jwk: key }) => toPublicJwk(key)) };
    },
  };
}

/** Makes the first key, where there is none. */
export async function ensureSigningKey(pool: Pool): Promise<void> {
  await transaction(pool, async (db) => {
    await lockKeys(db);
    if ((await findActiveKey(db)) === undefined) await insertActiveKey(db);
  });
}

/** Signs with a new key from now on; tokens of the last few keys stay valid. Returns the new kid. */
export async function rotateSigningKeys(pool: Pool): Promise<string> {
  return transaction(pool, async (db) => {
    await lockKeys(db);
    await db.query(`update local_auth.signing_keys set state = 'previous' where state = 'active'`);
    await db.query(
      `delete from local_auth.signing_keys where kid in (
         select kid from local_auth.signing_keys where state = 'previous'
         order by created_at desc offset $1)`,
      [maxPreviousKeys],
    );
    return insertActiveKey(db);
  });
}

async function lockKeys(db: Queryable): Promise<void> {
  await db.query('lock table local_auth.signing_keys in share row exclusive mode');
}

async function findActiveKey(db: Queryable): Promise<StoredKey | undefined> {
  const { rows } = await db.query<StoredKey>(
    `select kid, private_jwk from local_auth.signing_keys where state = 'active'`,
  );
  return rows[0];
}

async function insertActiveKey(db: Queryable): Promise<string> {
  const { privateKey } = await generateKeyPair(signingAlgorithm, { extractable: true });
  const kid = randomUUID();
  const privateJwk = { ...(await exportJWK(privateKey)), kid, alg: signingAlgorithm, use: 'sig' };
  await db.query(
    `insert into local_auth.signing_keys (kid, private_jwk, state) values ($1, $2, 'active')`,
    [kid, privateJwk],
  );
  return kid;
}

function toPublicJwk({ d: _private, ...key }: JWK): JWK {
  return { ...key, key_ops: ['verify'], ext: true };
}
