import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { transaction } from './database.ts';
import { parseGoDuration } from './duration.ts';
import { AuthError } from './errors.ts';
import { assertStorablePassword, assertStrongPassword, hashPassword } from './passwords.ts';
import {
  emailAddress,
  flagField,
  isUuid,
  metadataField,
  phoneNumber,
  textField,
} from './request-fields.ts';
import type { Fields } from './request-fields.ts';
import { endSessions } from './sessions.ts';
import { emptyUser, mergeMetadata, providersOf } from './user-columns.ts';
import { throwTaken, findUserById, insertUser, lockUser, updateUser } from './users.ts';
import type { MutableColumns, User } from './user-columns.ts';

/** Makes a user, unconfirmed unless `email_confirm` says otherwise. An admin may set a weak password. */
export async function createUserAsAdmin(pool: Pool, fields: Fields): Promise<User> {
  const wanted = applyFields(emptyUser, fields);
  if (wanted.email === null && wanted.phone === null) {
    throw new AuthError(
      400,
      'validation_failed',
      'A user needs an email address or a phone number',
    );
  }
  const id = textField(fields, 'id');
  if (id !== '' && !isUuid(id)) throw new AuthError(400, 'validation_failed', 'id is not a UUID');
  const password = textField(fields, 'password') || randomBytes(32).toString('base64url');
  assertStorablePassword(password);
  const columns = {
    ...wanted,
    encrypted_password: await hashPassword(password),
    raw_app_meta_data: { ...providersOf(wanted), ...wanted.raw_app_meta_data },
  };
  return transaction(pool, async (db) => {
    const newId = await insertUser(db, columns, id === '' ? undefined : id);
    const user = await findUserById(db, newId);
    if (user === undefined) throw new Error('The new user cannot be read');
    return user;
  }).catch(throwTaken);
}

/** Undefined where there is no such user. A new password ends all the user's sessions. */
export async function changeUserAsAdmin(
  pool: Pool,
  id: string,
  fields: Fields,
): Promise<User | undefined> {
  const setsPassword = (fields['password'] ?? null) !== null;
  const password = textField(fields, 'password');
  if (setsPassword) assertStrongPassword(password);
  const passwordHash = setsPassword ? await hashPassword(password) : undefined;
  return transaction(pool, async (db) => {
    const user = await lockUser(db, id);
    if (user === undefined) return undefined;
    await updateUser(db, {
      ...user,
      ...applyFields(user, fields),
      ...(passwordHash !== undefined && { encrypted_password: passwordHash }),
    });
    if (setsPassword) await endSessions(db, id, 'global');
    return findUserById(db, id);
  }).catch(throwTaken);
}

/** The columns after a request; what it does not name stays as it is. */
function applyFields(current: MutableColumns, fields: Fields): MutableColumns {
  const email = textField(fields, 'email');
  const phone = textField(fields, 'phone');
  const confirmsEmail = flagField(fields, 'email_confirm');
  const now = new Date();
  return {
    ...current,
    role: textField(fields, 'role') || current.role,
    email: email === '' ? current.email : emailAddress(email),
    phone: phone === '' ? current.phone : phoneNumber(phone),
    email_confirmed_at: confirmsEmail ? now : current.email_confirmed_at,
    phone_confirmed_at: flagField(fields, 'phone_confirm') ? now : current.phone_confirmed_at,
    is_anonymous: current.is_anonymous && !(email !== '' && confirmsEmail),
    raw_app_meta_data: mergeMetadata(
      current.raw_app_meta_data,
      metadataField(fields, 'app_metadata'),
    ),
    raw_user_meta_data: mergeMetadata(current.raw_user_meta_data, {
      ...metadataField(fields, 'user_metadata'),
      ...(confirmsEmail && { email_verified: true }),
    }),
    banned_until: bannedUntil(current.banned_until, textField(fields, 'ban_duration')),
  };
}

/** `none` and `0` lift a ban. */
function bannedUntil(current: Date | null, duration: string): Date | null {
  if (duration === '') return current;
  const milliseconds = duration === 'none' ? 0 : parseGoDuration(duration);
  if (milliseconds === undefined) {
    throw new AuthError(400, 'validation_failed', 'ban_duration is none or such as 24h or 1h30m');
  }
  return milliseconds === 0 ? null : new Date(Date.now() + milliseconds);
}
