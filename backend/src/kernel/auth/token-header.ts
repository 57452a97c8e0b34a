import { AppError } from '../errors/index.ts';
import { parseStrictObject } from './strict-json.ts';

/** Longest token that is looked at, in characters. Supabase's are around 1,000; Node takes 16 KB of headers in all. */
export const longestToken = 8_192;

const threeSegments = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;

/** Members that name or carry a key, or change how the rest is read. None has a place in a Supabase token. */
const refusedMembers = ['jku', 'jwk', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'crit', 'b64', 'zip', 'enc'];

export interface TokenHeader {
  alg: string;
  kid: string | undefined;
  /** The bytes of the claims, not verified yet. */
  payload: Uint8Array;
}

/**
 * Reads an unverified token's header. Refuses with TOKEN_INVALID whatever is not exactly three canonical base64url segments,
 * so one signed token has one spelling of what is signed.
 */
export function readTokenHeader(token: string): TokenHeader {
  const [, header, payload, signature] = threeSegments.exec(token) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) {
    throw invalidToken('not a compact JWS');
  }
  decodeCanonical(signature);
  const { alg, kid, typ, ...rest } = parseMembers(decodeCanonical(header));
  const refused = refusedMembers.find((member) => Object.hasOwn(rest, member));
  if (refused !== undefined) throw invalidToken(`header member ${refused}`);
  if (typ !== undefined && !(typeof typ === 'string' && typ.toUpperCase() === 'JWT')) {
    throw invalidToken('header typ');
  }
  if (typeof alg !== 'string') throw invalidToken('header alg');
  if (kid !== undefined && typeof kid !== 'string') throw invalidToken('header kid');
  return { alg, kid, payload: decodeCanonical(payload) };
}

/** `reason` is for the log; it must not carry the token. */
export function invalidToken(reason: string, cause?: unknown): AppError {
  return new AppError('TOKEN_INVALID', { cause: new Error(reason, { cause }) });
}

/** As `parseStrictObject`, refusing with TOKEN_INVALID. */
export function parseMembers(bytes: Uint8Array): Record<string, unknown> {
  try {
    return parseStrictObject(bytes);
  } catch {
    // Without the parser's message: it quotes what it could not read.
    throw invalidToken('a segment is not a JSON object');
  }
}

function decodeCanonical(segment: string): Buffer {
  const bytes = Buffer.from(segment, 'base64url');
  if (bytes.toString('base64url') !== segment) throw invalidToken('base64url is not canonical');
  return bytes;
}
