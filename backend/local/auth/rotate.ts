/** Gives the emulator on DATABASE_URL a new signing key; a running one signs with it at once. */
import { Pool } from 'pg';
import { rotateSigningKeys } from './signing-keys.ts';

const connectionString = process.env['DATABASE_URL'] ?? '';
if (connectionString === '') throw new Error('DATABASE_URL is missing');

const pool = new Pool({ connectionString, max: 1 });
try {
  console.log(`Access tokens are signed with key ${await rotateSigningKeys(pool)} from now on.`);
} finally {
  await pool.end();
}
