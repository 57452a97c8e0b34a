import { randomUUID } from 'node:crypto';
import { tokenBody } from './access-tokens.ts';
import type { AuthContext } from './context.ts';
import { transaction, violatedUniqueConstraint } from './database.ts';
import { AuthError } from './errors.ts';
import { assertStrongPassword, hashPassword } from './passwords.ts';
import { deliverableAddress, metadataField, textField } from './request-fields.ts';
import type { Fields } from './request-fields.ts';
import { openSession } from './sessions.ts';
import type { Client } from './sessions.ts';
import { emptyUser, providersOf } from './user-columns.ts';
import { findUserByEmail, findUserById, insertUser } from './users.ts';

/**
 * Makes a user, confirmed at once since no mail is sent, and signs it in. Without an address the
 * user is an anonymous one.
 */
export async function signUp(
  context: AuthContext,
  fields: Fields,
  client: Client,
): Promise<object> {
  const data = metadataField(fields, 'data') ?? {};
  const address = textField(fields, 'email');
  if (textField(fields, 'phone') !== '') {
    throw new AuthError(400, 'phone_provider_disabled', 'Sign-up by phone is not available');
  }
  if (address === '') {
    const anonymous = { ...emptyUser, is_anonymous: true, raw_user_meta_data: data };
    return insertAndSignIn(context, client, 'anonymous', anonymous, randomUUID());
  }

  const password = textField(fields, 'password');
  if (password === '') throw new AuthError(400, 'validation_failed', 'A password is needed');
  assertStrongPassword(password);
  const email = deliverableAddress(address);
  if ((await findUserByEmail(context.pool, email)) !== undefined) throw userExists();

  const id = randomUUID();
  const user = {
    ...emptyUser,
    email,
    encrypted_password: await hashPassword(password),
    email_confirmed_at: new Date(),
    raw_app_meta_data: providersOf({ email, phone: null }),
    // GoTrue copies the identity into the metadata of every user that signs up.
    raw_user_meta_data: { ...data, sub: id, email, email_verified: true, phone_verified: false },
  };
  try {
    return await insertAndSignIn(context, client, 'password', user, id);
  } catch (error) {
    // Two sign-ups at once both found the address free; the index lets one in.
    throw violatedUniqueConstraint(error) === 'users_email_partial_key' ? userExists() : error;
  }
}

async function insertAndSignIn(
  context: AuthContext,
  client: Client,
  method: 'password' | 'anonymous',
  columns: typeof emptyUser,
  id: string,
): Promise<object> {
  const grant = await transaction(context.pool, async (db) => {
    await insertUser(db, columns, id);
    const opened = await openSession(db, id, method, client);
    const user = await findUserById(db, id);
    if (user === undefined) throw new Error('The new user cannot be read');
    return { user, ...opened };
  });
  return tokenBody(context, grant);
}

function userExists(): AuthError {
  return new AuthError(422, 'user_already_exists', 'User already registered');
}
