export { createAuthAdmin } from './auth-admin.ts';
export type { AuthAdmin } from './auth-admin.ts';
export { createAuthenticator } from './authenticator.ts';
export type { Authenticator } from './authenticator.ts';
export { anonymous, userCaller } from './caller.ts';
export type {
  AnonymousCaller,
  AuthRequirement,
  Caller,
  CallerOf,
  Claims,
  Role,
  UserCaller,
} from './caller.ts';
export { createSessionLiveness } from './session-liveness.ts';
export type { SessionLiveness } from './session-liveness.ts';
export { createTokenVerifier } from './token-verifier.ts';
export type { TokenVerifier } from './token-verifier.ts';
