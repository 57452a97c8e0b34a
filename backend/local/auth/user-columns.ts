import type { Metadata } from './request-fields.ts';

/** The columns of auth.users that the emulator writes after the user is made. */
export interface MutableColumns {
  role: string | null;
  email: string | null;
  phone: string | null;
  encrypted_password: string | null;
  email_confirmed_at: Date | null;
  phone_confirmed_at: Date | null;
  last_sign_in_at: Date | null;
  raw_app_meta_data: Metadata | null;
  raw_user_meta_data: Metadata | null;
  banned_until: Date | null;
  deleted_at: Date | null;
  is_anonymous: boolean;
}

/** A row of auth.users with its identities. */
export interface User extends MutableColumns {
  readonly id: string;
  readonly aud: string | null;
  readonly invited_at: Date | null;
  readonly confirmed_at: Date | null;
  readonly created_at: Date | null;
  readonly updated_at: Date | null;
  readonly identities: readonly Metadata[];
}

export const mutableColumns = [
  'role',
  'email',
  'phone',
  'encrypted_password',
  'email_confirmed_at',
  'phone_confirmed_at',
  'last_sign_in_at',
  'raw_app_meta_data',
  'raw_user_meta_data',
  'banned_until',
  'deleted_at',
  'is_anonymous',
] as const satisfies readonly (keyof MutableColumns)[];

export const emptyUser: MutableColumns = {
  role: 'authenticated',
  email: null,
  phone: null,
  encrypted_password: null,
  email_confirmed_at: null,
  phone_confirmed_at: null,
  last_sign_in_at: null,
  raw_app_meta_data: {},
  raw_user_meta_data: {},
  banned_until: null,
  deleted_at: null,
  is_anonymous: false,
};

export function isBanned(user: User): boolean {
  return user.banned_until !== null && user.banned_until > new Date();
}

/** The top level of `updates` over `current`; a null takes the key away. */
export function mergeMetadata(current: Metadata | null, updates: Metadata | undefined): Metadata {
  const merged = { ...current, ...updates };
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
}

/** `provider` and `providers` of a user's app_metadata. */
export function providersOf({ email, phone }: Pick<MutableColumns, 'email' | 'phone'>): Metadata {
  const providers = [...(email === null ? [] : ['email']), ...(phone === null ? [] : ['phone'])];
  return providers.length === 0 ? {} : { provider: providers[0], providers };
}
