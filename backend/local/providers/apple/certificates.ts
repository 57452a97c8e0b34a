import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  bits,
  identifier,
  integer,
  link,
  nothing,
  octets,
  sequence,
  set,
  tagged,
  time,
  tlv,
  utf8,
  yes,
} from './der.ts';

/** By these Apple marks what signs for the App Store, and who issues it. */
const leafMark = '1.2.840.113635.100.6.11.1';
const intermediateMark = '1.2.840.113635.100.6.2.1';

const dayMs = 86_400_000;

export interface Keys {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

interface Certificate extends Keys {
  name: string;
  der: Buffer;
}

export interface AuthorityOptions {
  /** What its certificates are called; an impostor may take the real one's. */
  name?: string;
  /** Until when the signing certificate is good. Default: a year from now. */
  leafEndsAt?: Date;
  /** Whether the certificates bear Apple's marks. Default true. */
  marked?: boolean;
  /** Who says whether they are revoked (OCSP). Default: nobody. */
  ocspUrl?: string;
}

/** Whoever signs as the App Store does: root, intermediate and leaf. */
export interface Authority {
  /** What a server has to trust; DER as base64. */
  readonly root: string;
  /** A JSON Web Signature with the whole chain in its header. */
  sign(payload: object): string;
}

export const newKeys = (): Keys => generateKeyPairSync('ec', { namedCurve: 'P-256' });

export function createAuthority(options: AuthorityOptions = {}): Authority {
  const { name = 'Sandbox', marked = true } = options;
  const asking = options.ocspUrl === undefined ? {} : { ocspUrl: options.ocspUrl };
  const leafEndsAt = options.leafEndsAt ?? new Date(Date.now() + 365 * dayMs);
  const root = issue({ name: `${name} Root CA`, isAuthority: true });
  const intermediate = issue(
    {
      name: `${name} Worldwide Developer Relations`,
      isAuthority: true,
      ...asking,
      ...(marked ? { mark: intermediateMark } : {}),
    },
    root,
  );
  const leaf = issue(
    {
      name: `${name} Mac App Store and iTunes Store Receipt Signing`,
      isAuthority: false,
      endsAt: leafEndsAt,
      ...asking,
      ...(marked ? { mark: leafMark } : {}),
    },
    intermediate,
  );
  const x5c = [leaf, intermediate, root].map(({ der }) => der.toString('base64'));
  return {
    root: root.der.toString('base64'),
    sign: (payload) => signed({ alg: 'ES256', x5c }, payload, leaf.privateKey),
  };
}

/** A JSON Web Signature by ES256. */
export function signed(header: object, payload: object, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${part(header)}.${part(payload)}`;
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' });
  return `${content}.${signature.toString('base64url')}`;
}

interface Subject {
  name: string;
  isAuthority: boolean;
  mark?: string;
  endsAt?: Date;
  ocspUrl?: string;
}

/** A certificate of version 3 by ECDSA with SHA-256 (RFC 5280); without an issuer it vouches for itself. */
function issue(subject: Subject, issuer?: Certificate): Certificate {
  const {
    name,
    isAuthority,
    mark,
    ocspUrl,
    endsAt = new Date(Date.now() + 3_650 * dayMs),
  } = subject;
  const keys = newKeys();
  const algorithm = sequence(identifier('1.2.840.10045.4.3.2'));
  const extensions = [
    extension('2.5.29.19', isAuthority ? sequence(yes) : sequence(), true),
    // keyCertSign and cRLSign, or digitalSignature.
    extension('2.5.29.15', tlv(0x03, Buffer.from(isAuthority ? [1, 0x06] : [7, 0x80])), true),
    ...(mark === undefined ? [] : [extension(mark, nothing)]),
    ...(ocspUrl === undefined
      ? []
      : [
          extension(
            '1.3.6.1.5.5.7.1.1',
            sequence(sequence(identifier('1.3.6.1.5.5.7.48.1'), link(6, ocspUrl))),
          ),
        ]),
  ];
  const content = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    distinguished(issuer?.name ?? name),
    sequence(time(new Date(Math.min(Date.now(), endsAt.getTime()) - 30 * dayMs)), time(endsAt)),
    distinguished(name),
    keys.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensions)),
  );
  const signature = sign('sha256', content, issuer?.privateKey ?? keys.privateKey);
  return { ...keys, name, der: sequence(content, algorithm, bits(signature)) };
}

const extension = (id: string, value: Buffer, critical = false): Buffer =>
  sequence(identifier(id), ...(critical ? [yes] : []), octets(value));

const distinguished = (name: string): Buffer =>
  sequence(
    ...[
      ['2.5.4.3', name],
      ['2.5.4.10', 'Bulwark sandbox'],
    ].map(([id = '', value = '']) => set(sequence(identifier(id), utf8(value)))),
  );
