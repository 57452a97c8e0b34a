import type { SignedIn } from './callers.ts';
import type { AuthContext } from './context.ts';
import { transaction } from './database.ts';
import { AuthError } from './errors.ts';
import { assertStrongPassword, hashPassword, matchesPassword } from './passwords.ts';
import { deliverableAddress, metadataField, textField } from './request-fields.ts';
import type { Fields } from './request-fields.ts';
import { endSessions } from './sessions.ts';
import { userBody } from './user-body.ts';
import { mergeMetadata, providersOf } from './user-columns.ts';
import type { MutableColumns, User } from './user-columns.ts';
import { findUserById, lockUser, throwTaken, updateUser } from './users.ts';

/**
 * Changes address, password and metadata of the signed-in user. A new address holds at once, since
 * no mail is sent; a new password ends the user's other sessions.
 */
export async function changeOwnUser(
  { pool }: AuthContext,
  { user, sessionId }: SignedIn,
  fields: Fields,
): Promise<object> {
  if (metadataField(fields, 'app_metadata') !== undefined) {
    throw new AuthError(403, 'not_admin', 'Only an admin changes app_metadata');
  }
  if (textField(fields, 'phone') !== '') {
    throw new AuthError(422, 'phone_provider_disabled', 'A phone number cannot be set');
  }
  const address = textField(fields, 'email');
  const newEmail = address === '' ? undefined : deliverableAddress(address);
  const passwordHash = await newPasswordHash(user, newEmail, fields);

  return transaction(pool, async (db) => {
    const current = (await lockUser(db, user.id)) ?? userGone();
    await updateUser(db, {
      ...current,
      raw_user_meta_data: mergeMetadata(current.raw_user_meta_data, metadataField(fields, 'data')),
      ...(newEmail !== undefined && newEmail !== current.email && withEmail(current, newEmail)),
      ...(passwordHash !== undefined && { encrypted_password: passwordHash }),
    });
    if (passwordHash !== undefined) await endSessions(db, user.id, 'others', sessionId);
    return userBody((await findUserById(db, user.id)) ?? userGone());
  }).catch(throwTaken);
}

/** What a confirmed address changes; an anonymous user becomes a permanent one. */
function withEmail(current: User, email: string): Partial<MutableColumns> {
  return {
    email,
    email_confirmed_at: new Date(),
    is_anonymous: false,
    raw_app_meta_data: {
      ...current.raw_app_meta_data,
      ...providersOf({ email, phone: current.phone }),
    },
  };
}

function userGone(): never {
  throw new AuthError(403, 'user_not_found', 'The user of the access token does not exist');
}

/** Undefined where the request sets no password. */
async function newPasswordHash(
  user: User,
  newEmail: string | undefined,
  fields: Fields,
): Promise<string | undefined> {
  if ((fields['password'] ?? null) === null) return undefined;
  const password = textField(fields, 'password');
  assertStrongPassword(password);
  if (user.email === null && newEmail === undefined) {
    throw new AuthError(422, 'validation_failed', 'A password needs an email address beside it');
  }
  if (await matchesPassword(password, user.encrypted_password)) {
    throw new AuthError(422, 'same_password', 'The new password is the old one');
  }
  return hashPassword(password);
}
