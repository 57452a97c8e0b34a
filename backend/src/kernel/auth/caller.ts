export type Role = 'user' | 'admin' | 'service';

/** What we use of a verified Supabase access token. Times are seconds since the epoch. */
export interface Claims {
  sub: string;
  exp: number;
  /** `exp` in ISO 8601. */
  expiresAt: string;
  iat: number | undefined;
  sessionId: string | undefined;
  email: string | undefined;
  isAnonymous: boolean;
  role: Role;
  /** The whole payload, as Postgres sees it in `request.jwt.claims`. */
  payload: Readonly<Record<string, unknown>>;
}

export interface AnonymousCaller {
  readonly kind: 'anonymous';
}

export interface UserCaller {
  readonly kind: 'user';
  readonly userId: string;
  readonly role: Role;
  readonly claims: Claims;
}

/** Who is asking. Our own background work is not a caller: it uses `db.asService`. */
export type Caller = AnonymousCaller | UserCaller;

export const anonymous: AnonymousCaller = Object.freeze({ kind: 'anonymous' });

export function userCaller(claims: Claims): UserCaller {
  return { kind: 'user', userId: claims.sub, role: claims.role, claims };
}

/** What a door asks of its caller. `user` admits every signed-in role, `admin` admins, `service` machine accounts. */
export type AuthRequirement = 'public' | 'user' | 'admin' | 'service';

/** Who can stand behind a door with this requirement. */
export type CallerOf<A extends AuthRequirement> = A extends 'public' ? Caller : UserCaller;
