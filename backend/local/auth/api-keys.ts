import { randomBytes } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Queryable } from './database.ts';

export interface ApiKeys {
  readonly anonKey: string;
  readonly serviceRoleKey: string;
}

/** Reads the two API keys, making them on the first start: they outlive every restart. */
export async function loadApiKeys(db: Queryable): Promise<ApiKeys> {
  await db.query(
    `insert into local_auth.api_keys (role, api_key) values ('anon', $1), ('service_role', $2)
     on conflict (role) do nothing`,
    [`sb_publishable_${randomSecret()}`, `sb_secret_${randomSecret()}`],
  );
  const { rows } = await db.query<{ anon_key: string; service_role_key: string }>(
    `select (select api_key from local_auth.api_keys where role = 'anon') as anon_key,
            (select api_key from local_auth.api_keys where role = 'service_role') as service_role_key`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('The API keys could not be read');
  return { anonKey: row.anon_key, serviceRoleKey: row.service_role_key };
}

/** 32 random bytes as 43 characters. */
function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

export function isApiKey(keys: ApiKeys, value: string): boolean {
  return value === keys.anonKey || value === keys.serviceRoleKey;
}

/** What Supabase's gateway does in front of every service: no known key, no answer. */
export function requireApiKey(keys: ApiKeys): RequestHandler {
  return (req, res, next) => {
    const key = req.get('apikey') ?? req.query['apikey'];
    if (typeof key === 'string' && isApiKey(keys, key)) {
      next();
      return;
    }
    const isMissing = key === undefined || key === '';
    res.status(401).json({
      message: isMissing ? 'The request has no API key' : 'The API key is unknown',
      hint: 'Send the anon or service-role key of the local stack in the header `apikey`.',
    });
  };
}
