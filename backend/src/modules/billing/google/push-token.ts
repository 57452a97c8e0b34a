import { createRemoteJWKSet, errors, jwtVerify } from 'jose';
import { signatureRefused } from '../../../kernel/webhooks/index.ts';
import type { GoogleOn } from './settings.ts';

/** Checks who pushes; throws `signatureRefused` where it is not the service account of our subscription. */
export type VerifyPush = (authorization: string | undefined) => Promise<void>;

const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i;
/** Clocks differ. */
const toleranceSeconds = 60;
/** Faults of the keys' server are no word on the token. */
const ours: ReadonlySet<string> = new Set([
  errors.JOSEError.code,
  errors.JWKSTimeout.code,
  errors.JWKSInvalid.code,
]);

/** The OpenID Connect token that Pub/Sub pushes with, by Google's keys, which are fetched and kept. */
export function createPushVerifier({
  audience,
  email,
  issuers,
  keysUrl,
}: GoogleOn['push']): VerifyPush {
  const keys = createRemoteJWKSet(keysUrl);
  return async (authorization) => {
    const token = bearer.exec(authorization ?? '')?.[1];
    if (token === undefined) throw signatureRefused('no bearer token');
    const { payload } = await jwtVerify(token, keys, {
      audience,
      issuer: [...issuers],
      algorithms: ['RS256'],
      clockTolerance: toleranceSeconds,
      requiredClaims: ['exp', 'iat', 'email'],
    }).catch(asRefusal);
    if (payload.email !== email || payload.email_verified !== true)
      throw signatureRefused('of another account');
  };
}

function asRefusal(error: unknown): never {
  throw error instanceof errors.JOSEError && !ours.has(error.code)
    ? signatureRefused(`token: ${error.code}`)
    : error;
}
