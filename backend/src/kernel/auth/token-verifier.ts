import { createSecretKey, hash, type KeyObject } from 'node:crypto';
import { errors, jwtVerify, type CryptoKey } from 'jose';
import { LRUCache } from 'lru-cache';
import type { KernelConfig } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Claims } from './caller.ts';
import { KeyStore } from './key-store.ts';
import { claimsOf } from './token-claims.ts';
import {
  invalidToken,
  longestToken,
  parseMembers,
  readTokenHeader,
  type TokenHeader,
} from './token-header.ts';

const mostVerdicts = 10_000;
/** How far the issuer's clock may run ahead of ours. It holds for `nbf`; `exp` is taken to the second. */
const clockToleranceSeconds = 5;

export interface TokenVerifier {
  /**
   * The claims of a Supabase access token. Rejects with TOKEN_INVALID, TOKEN_EXPIRED, or AUTH_UNAVAILABLE when the keys that
   * would decide cannot be had. A verdict is kept; its times are looked at each time.
   */
  verify(token: string): Promise<Claims>;
  /** Whether what `verify` gave holds still, without waiting: its times, and that no key was withdrawn since. */
  stillHolds(claims: Claims): boolean;
  close(): void;
}

interface Verdict {
  claims: Claims;
  notBefore: number | undefined;
  generation: number;
}

/** `clock` gives milliseconds since the epoch. */
export function createTokenVerifier(
  config: KernelConfig['auth'],
  { logger, clock = Date.now }: { logger: Logger; clock?: () => number },
): TokenVerifier {
  const keys = new KeyStore(config, logger, clock);
  const secret =
    config.hs256.kind === 'on'
      ? createSecretKey(Buffer.from(config.hs256.secret.reveal()))
      : undefined;
  const verdicts = new LRUCache<string, Verdict>({ max: mostVerdicts });
  const verdictOf = new WeakMap<Claims, Verdict>();

  async function keyFor({ alg, kid }: TokenHeader): Promise<CryptoKey | KeyObject> {
    // The algorithm decides where the key comes from, so a public key is never taken for a secret.
    if (alg === 'HS256' && secret !== undefined) return secret;
    if (!config.jwksAlgorithms.some((accepted) => accepted === alg)) {
      throw invalidToken('algorithm not accepted');
    }
    if (kid === undefined) throw invalidToken('no key id');
    const found = await keys.find(kid);
    if (found?.algorithm !== alg) throw invalidToken('no such key');
    return found.key;
  }

  async function verifyAnew(token: string): Promise<Verdict> {
    const header = readTokenHeader(token);
    const key = await keyFor(header);
    const { generation } = keys;
    try {
      await jwtVerify(token, key, {
        algorithms: [header.alg],
        issuer: config.issuer,
        audience: config.audience,
        requiredClaims: ['sub', 'exp'],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(clock()),
      });
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw new AppError('TOKEN_EXPIRED');
      if (error instanceof errors.JOSEError) throw invalidToken(error.message);
      throw error;
    }
    const payload = parseMembers(header.payload);
    const notBefore = typeof payload.nbf === 'number' ? payload.nbf : undefined;
    return { claims: claimsOf(payload), notBefore, generation };
  }

  function faultInTime({ claims, notBefore = 0 }: Verdict): AppError | undefined {
    const now = clock() / 1000;
    if (claims.exp <= now) return new AppError('TOKEN_EXPIRED');
    if (notBefore > now + clockToleranceSeconds) return invalidToken('not valid yet');
    return undefined;
  }

  return {
    async verify(token) {
      if (token.length > longestToken) throw invalidToken('too long');
      const refreshed = keys.refreshIfOld();
      if (refreshed !== undefined) await refreshed;
      // The digest of the exact text: only texts that were verified as they stand are keys, it is faster than the map's own
      // hashing of a long text, and no usable token stays in memory.
      const digest = hash('sha256', token, 'base64url');
      let verdict = verdicts.get(digest);
      if (verdict === undefined || verdict.generation !== keys.generation) {
        verdict = await verifyAnew(token);
        verdicts.set(digest, verdict);
        verdictOf.set(verdict.claims, verdict);
      }
      const fault = faultInTime(verdict);
      if (fault !== undefined) throw fault;
      return verdict.claims;
    },
    stillHolds(claims) {
      const verdict = verdictOf.get(claims);
      return (
        verdict !== undefined &&
        keys.refreshIfOld() === undefined &&
        verdict.generation === keys.generation &&
        faultInTime(verdict) === undefined
      );
    },
    close() {
      keys.close();
    },
  };
}
