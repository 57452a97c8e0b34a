import type { User } from './user-columns.ts';

/** The user as GoTrue sends it: empty times are left out, an empty address is ''. */
export function userBody(user: User): object {
  return {
    id: user.id,
    aud: user.aud ?? '',
    role: user.role ?? '',
    email: user.email ?? '',
    phone: user.phone ?? '',
    ...presentTimes(user),
    app_metadata: user.raw_app_meta_data ?? {},
    user_metadata: user.raw_user_meta_data ?? {},
    identities: user.identities,
    is_anonymous: user.is_anonymous,
  };
}

const times = [
  'invited_at',
  'email_confirmed_at',
  'phone_confirmed_at',
  'confirmed_at',
  'last_sign_in_at',
  'created_at',
  'updated_at',
  'banned_until',
  'deleted_at',
] as const satisfies readonly (keyof User)[];

function presentTimes(user: User): object {
  return Object.fromEntries(
    times.flatMap((name) => (user[name] === null ? [] : [[name, user[name].toISOString()]])),
  );
}
