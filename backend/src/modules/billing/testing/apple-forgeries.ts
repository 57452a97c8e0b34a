import { createHmac, X509Certificate } from 'node:crypto';
import {
  createAuthority,
  newKeys,
  signed,
  type Authority,
} from '../../../../local/providers/apple/certificates.ts';

const dayMs = 86_400_000;
const lapsed = createAuthority({ name: 'Lapsed', leafEndsAt: new Date(Date.now() - dayMs) });
const unmarked = createAuthority({ name: 'Unmarked', marked: false });
/** A server has to trust these besides: what is wrong with them is something else. */
export const rootsBeside: readonly string[] = [lapsed.root, unmarked.root];
/** Nobody trusts these; one is called as the real one is. */
export const stranger = createAuthority({ name: 'Stranger' });
const impostor = createAuthority();

const decoded = (jws: string, part: 0 | 1): Record<string, unknown> =>
  JSON.parse(Buffer.from(jws.split('.')[part] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;
export const payloadOf = (jws: string): Record<string, unknown> => decoded(jws, 1);
const replaced = (jws: string, index: number, part: string): string =>
  jws.split('.').with(index, part).join('.');
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
export const by = (authority: Authority, genuine: string): string =>
  authority.sign(payloadOf(genuine));

/** What Apple has not signed for this app, each made of what it has. */
export const forgeries: [string, (genuine: string) => string][] = [
  ['nonsense', () => 'not.a.signature'],
  [
    'something else under the same signature',
    (genuine) => replaced(genuine, 1, encoded({ ...payloadOf(genuine), added: true })),
  ],
  ['no signature', (genuine) => replaced(genuine, 2, '')],
  [
    'the algorithm “none”',
    (genuine) => {
      const head = encoded({ ...decoded(genuine, 0), alg: 'none' });
      return replaced(replaced(genuine, 0, head), 2, '');
    },
  ],
  [
    'a secret key, which is the public key of its certificate',
    (genuine) => {
      const { x5c } = decoded(genuine, 0) as { x5c: string[] };
      const { publicKey } = new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64'));
      const secret = publicKey.export({ type: 'spki', format: 'pem' });
      const content = `${encoded({ alg: 'HS256', x5c })}.${genuine.split('.')[1] ?? ''}`;
      return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
    },
  ],
  [
    'signed anew behind Apple’s certificates',
    (genuine) => signed(decoded(genuine, 0), payloadOf(genuine), newKeys().privateKey),
  ],
  ['by an authority that nobody trusts', (genuine) => by(stranger, genuine)],
  ['by one with the same names', (genuine) => by(impostor, genuine)],
  [
    'behind a root of its own, with the real one at the end',
    (genuine) => {
      const { x5c = [] } = decoded(by(impostor, genuine), 0) as { x5c?: string[] };
      const root = (decoded(genuine, 0) as { x5c?: string[] }).x5c?.[2] ?? '';
      return replaced(by(impostor, genuine), 0, encoded({ alg: 'ES256', x5c: x5c.with(2, root) }));
    },
  ],
  [
    'without certificates',
    (genuine) => signed({ alg: 'ES256' }, payloadOf(genuine), newKeys().privateKey),
  ],
  ['by a certificate whose time is over', (genuine) => by(lapsed, genuine)],
  ['by certificates for something else', (genuine) => by(unmarked, genuine)],
];
