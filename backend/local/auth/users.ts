import { createHash, randomUUID } from 'node:crypto';
import { violatedUniqueConstraint } from './database.ts';
import type { Queryable } from './database.ts';
import { AuthError } from './errors.ts';
import { mutableColumns } from './user-columns.ts';
import type { MutableColumns, User } from './user-columns.ts';

/** The part of Supabase's column set that every hosted project leaves at this value. */
const instanceId = '00000000-0000-0000-0000-000000000000';

const selectUser = `
  select id, aud, invited_at, confirmed_at, created_at, updated_at, ${mutableColumns.join(', ')},
    (select coalesce(jsonb_agg(jsonb_build_object(
        'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'provider', i.provider,
        'identity_data', i.identity_data, 'email', i.email, 'last_sign_in_at', i.last_sign_in_at,
        'created_at', i.created_at, 'updated_at', i.updated_at) order by i.provider), '[]')
     from auth.identities i where i.user_id = u.id) as identities
  from auth.users u`;

export async function findUserById(db: Queryable, id: string): Promise<User | undefined> {
  const { rows } = await db.query<User & object>(`${selectUser} where id = $1`, [id]);
  return rows[0];
}

/** Holds other writers of the user back until the transaction ends. */
export async function lockUser(db: Queryable, id: string): Promise<User | undefined> {
  await db.query('select from auth.users where id = $1 for no key update', [id]);
  return findUserById(db, id);
}

export async function findUserByEmail(db: Queryable, email: string): Promise<User | undefined> {
  const { rows } = await db.query<User & object>(
    `${selectUser} where email = $1 and not is_sso_user`,
    [email],
  );
  return rows[0];
}

/** One page of all users, newest first, and how many there are. */
export async function listUsers(
  db: Queryable,
  { page, perPage }: { page: number; perPage: number },
): Promise<{ users: User[]; total: number }> {
  const { rows: users } = await db.query<User & object>(
    `${selectUser} order by created_at desc nulls last, id limit $1 offset $2`,
    [perPage, (page - 1) * perPage],
  );
  const { rows } = await db.query<{ total: number }>(
    'select count(*)::int as total from auth.users',
  );
  return { users, total: rows[0]?.total ?? 0 };
}

/** Makes a user and the identity of its address or number; returns the id. */
export async function insertUser(
  db: Queryable,
  columns: MutableColumns,
  id: string = randomUUID(),
): Promise<string> {
  const places = mutableColumns.map((_, index) => `$${index + 3}`).join(', ');
  await db.query(
    `insert into auth.users
       (id, instance_id, aud, created_at, updated_at, ${mutableColumns.join(', ')})
     values ($1, $2, 'authenticated', now(), now(), ${places})`,
    [id, instanceId, ...mutableColumns.map((name) => columns[name])],
  );
  await saveIdentities(db, id, columns);
  return id;
}

export async function updateUser(db: Queryable, user: User): Promise<void> {
  const assignments = mutableColumns.map((name, index) => `${name} = $${index + 2}`).join(', ');
  await db.query(`update auth.users set ${assignments}, updated_at = now() where id = $1`, [
    user.id,
    ...mutableColumns.map((name) => user[name]),
  ]);
  await saveIdentities(db, user.id, user);
}

async function saveIdentities(db: Queryable, id: string, user: MutableColumns): Promise<void> {
  const providers: [string, string | null][] = [
    ['email', user.email],
    ['phone', user.phone],
  ];
  for (const [provider, address] of providers) {
    if (address === null || user.deleted_at !== null) continue;
    const data = {
      sub: id,
      [provider]: address,
      email_verified: user.email_confirmed_at !== null,
      phone_verified: user.phone_confirmed_at !== null,
    };
    await db.query(
      `insert into auth.identities
         (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
       values ($1, $2, $3, $4, now(), now(), now())
       on conflict (provider_id, provider) do update
         set identity_data = auth.identities.identity_data || excluded.identity_data,
             updated_at = now()`,
      [id, id, data, provider],
    );
  }
}

/** Keeps the row, and frees the address and the number by putting a digest in their place. */
export async function softDeleteUser(db: Queryable, user: User): Promise<void> {
  const digest = (value: string | null) =>
    createHash('sha256')
      .update(user.id + (value ?? ''))
      .digest('base64url');
  await updateUser(db, {
    ...user,
    email: digest(user.email),
    phone: user.phone === null ? null : digest(user.phone).slice(0, 15),
    encrypted_password: null,
    raw_app_meta_data: {},
    raw_user_meta_data: {},
    deleted_at: new Date(),
  });
  await db.query(
    `update auth.identities set identity_data = '{}', provider_id = $2 || ':' || provider
     where user_id = $1`,
    [user.id, digest('identity')],
  );
  await db.query('delete from auth.sessions where user_id = $1', [user.id]);
}

/** Turns the refusal of a unique index into the error of the address or number that is taken. */
export function throwTaken(error: unknown): never {
  const constraint = violatedUniqueConstraint(error);
  if (constraint === 'users_email_partial_key') {
    throw new AuthError(422, 'email_exists', 'The email address belongs to another user');
  }
  if (constraint === 'users_phone_key') {
    throw new AuthError(422, 'phone_exists', 'The phone number belongs to another user');
  }
  if (constraint === 'users_pkey') {
    throw new AuthError(422, 'user_already_exists', 'The id belongs to another user');
  }
  throw error;
}
