import { compare, genSalt, hash } from 'bcryptjs';
import { AuthError } from './errors.ts';

const cost = 10;
/** bcrypt reads no further. */
const maxBytes = 72;
const minLength = 6;

/** Hash of a password nobody knows, so that an unknown user costs as much as a wrong password. */
const decoyHash = '$2a$10$QKr5.qplQt4fAtAOljdKNuwVKSq1EKCMYCGbwwBbDwJFyTs/XY4ZC';

/** A `$2a$10$…` hash, the form GoTrue writes; bcryptjs by itself would write `$2b$`. */
export async function hashPassword(password: string): Promise<string> {
  const salt = await genSalt(cost);
  return hash(password, salt.replace(/^\$2b\$/, '$2a$'));
}

/** True when `password` is the one behind `stored`; always as slow, also without a stored hash. */
export async function matchesPassword(password: string, stored: string | null): Promise<boolean> {
  const hasPassword = stored !== null && stored !== '';
  const isEqual = await compare(password, hasPassword ? stored : decoyHash);
  return hasPassword && isEqual;
}

/** Throws `weak_password` below 6 characters. */
export function assertStrongPassword(password: string): void {
  assertStorablePassword(password);
  if (password.length < minLength) {
    throw new AuthError(422, 'weak_password', `A password has at least ${minLength} characters`, [
      'length',
    ]);
  }
}

/** Throws `validation_failed` above 72 bytes. An admin's password is held to no more than this. */
export function assertStorablePassword(password: string): void {
  if (Buffer.byteLength(password) > maxBytes) {
    throw new AuthError(400, 'validation_failed', `A password has at most ${maxBytes} bytes`);
  }
}
