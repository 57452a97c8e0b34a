import { importJWK, type CryptoKey } from 'jose';
import { isRecord } from './strict-json.ts';

export type KeyAlgorithm = 'ES256' | 'RS256';

export interface VerificationKey {
  readonly algorithm: KeyAlgorithm;
  readonly key: CryptoKey;
  /** Equal for equal keys. */
  readonly material: string;
}

/** By key id. A Map, because key ids come from strangers. */
export type VerificationKeys = ReadonlyMap<string, VerificationKey>;

/** Members that only a private or symmetric key has. */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];
const smallestRsaModulusBits = 2_048;

/**
 * Imports the keys of a JWKS that may verify tokens; keys for other purposes are passed over. Throws where the set cannot be
 * right: no usable key, a secret among them, one id for two keys.
 */
export async function importVerificationKeys(
  document: unknown,
  accepted: readonly KeyAlgorithm[],
): Promise<VerificationKeys> {
  if (!isRecord(document) || !Array.isArray(document.keys)) throw new Error('not a JWKS');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of document.keys as unknown[]) {
    if (!isRecord(jwk)) throw new Error('a key is not an object');
    if (jwk.kty === 'oct' || secretMembers.some((member) => Object.hasOwn(jwk, member))) {
      throw new Error('the set holds a private or symmetric key');
    }
    const { kid } = jwk;
    const algorithm = algorithmOf(jwk);
    if (typeof kid !== 'string' || algorithm === undefined || !accepted.includes(algorithm)) {
      continue;
    }
    if (keys.has(kid)) throw new Error('two keys have one id');
    keys.set(kid, await importKey(jwk, algorithm));
  }
  if (keys.size === 0) throw new Error('no usable key');
  return keys;
}

function algorithmOf(jwk: Record<string, unknown>): KeyAlgorithm | undefined {
  const algorithm =
    jwk.kty === 'EC' && jwk.crv === 'P-256' ? 'ES256' : jwk.kty === 'RSA' ? 'RS256' : undefined;
  const operations = jwk.key_ops ?? ['verify'];
  const usable =
    (jwk.alg ?? algorithm) === algorithm &&
    (jwk.use ?? 'sig') === 'sig' &&
    Array.isArray(operations) &&
    operations.includes('verify');
  return usable ? algorithm : undefined;
}

async function importKey(
  jwk: Record<string, unknown>,
  algorithm: KeyAlgorithm,
): Promise<VerificationKey> {
  const material =
    algorithm === 'ES256'
      ? { kty: 'EC', crv: 'P-256', x: text(jwk.x), y: text(jwk.y) }
      : { kty: 'RSA', n: text(jwk.n), e: text(jwk.e) };
  const key = await importJWK(material, algorithm);
  if (key instanceof Uint8Array) throw new Error('not a public key');
  if (algorithm === 'RS256' && modulusBits(key) < smallestRsaModulusBits) {
    throw new Error('an RSA key is too short');
  }
  return { algorithm, key, material: JSON.stringify(material) };
}

function modulusBits({ algorithm }: CryptoKey): number {
  return 'modulusLength' in algorithm ? Number(algorithm.modulusLength) : 0;
}

function text(member: unknown): string {
  if (typeof member !== 'string') throw new Error('a key lacks a member');
  return member;
}
