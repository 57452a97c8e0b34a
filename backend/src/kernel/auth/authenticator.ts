import { forbidden, unauthenticated } from '../errors/index.ts';
import {
  anonymous,
  userCaller,
  type AuthRequirement,
  type Caller,
  type UserCaller,
} from './caller.ts';
import type { SessionLiveness } from './session-liveness.ts';
import { invalidToken, longestToken } from './token-header.ts';
import type { TokenVerifier } from './token-verifier.ts';

const bearer = /^bearer +([^\s]+)$/i;
const longestHeader = longestToken + 'bearer '.length;

/** Who is asking and what they may do, for HTTP and sockets alike. */
export interface Authenticator {
  /**
   * The caller behind an Authorization header. Only a missing header is anonymous; any other that is not a live user's bearer
   * token rejects with TOKEN_INVALID, TOKEN_EXPIRED, SESSION_REVOKED, USER_BANNED or AUTH_UNAVAILABLE.
   */
  authenticate(authorization: string | undefined, connection?: object): Promise<Caller>;
  /**
   * Without waiting, the caller whom the same header on the same connection named last, where everything about it holds still;
   * undefined where `authenticate` has to say.
   */
  recall(authorization: string | undefined, connection: object): Caller | undefined;
  /** The same for a bare access token, which is never anonymous. */
  authenticateToken(token: string): Promise<UserCaller>;
  /** Throws UNAUTHENTICATED or FORBIDDEN. */
  authorize(caller: Caller, requirement: AuthRequirement): void;
}

export function createAuthenticator({
  verifier,
  liveness,
}: {
  verifier: TokenVerifier;
  liveness: SessionLiveness;
}): Authenticator {
  // The text is compared, whole, within one connection only. Across connections a token is known by its digest.
  const lastOf = new WeakMap<object, { authorization: string; caller: UserCaller }>();

  async function authenticateToken(token: string): Promise<UserCaller> {
    const claims = await verifier.verify(token);
    await liveness.assertLive(claims);
    return userCaller(claims);
  }

  return {
    authenticateToken,
    async authenticate(authorization, connection) {
      if (authorization === undefined) return anonymous;
      if (authorization.length > longestHeader) throw invalidToken('too long');
      const token = bearer.exec(authorization)?.[1];
      if (token === undefined) throw invalidToken('not a bearer token');
      const caller = await authenticateToken(token);
      if (connection !== undefined) lastOf.set(connection, { authorization, caller });
      return caller;
    },
    recall(authorization, connection) {
      if (authorization === undefined) return anonymous;
      const last = lastOf.get(connection);
      const holds =
        last?.authorization === authorization &&
        verifier.stillHolds(last.caller.claims) &&
        liveness.isKnownLive(last.caller.claims);
      return holds ? last.caller : undefined;
    },
    authorize(caller, requirement) {
      if (requirement === 'public') return;
      if (caller.kind === 'anonymous') throw unauthenticated();
      if (requirement !== 'user' && caller.role !== requirement) throw forbidden();
    },
  };
}
