import { generateKeyPairSync } from 'node:crypto';
import { signed } from '../../../../local/providers/google/identity.ts';

/** Makes a token as Pub/Sub shows it, but for the claims that are given. */
type MakeToken = (claims?: object) => Promise<string>;

const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = () => Math.floor(Date.now() / 1_000);
const decoded = (part = ''): object =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as object;
const bearer = async (token: Promise<string>) => `Bearer ${await token}`;

/** Pushes that are not of our subscription, each by its header `authorization`. */
export const forgedPushes: [string, (token: MakeToken) => Promise<string> | string | undefined][] =
  [
    ['without a token', () => undefined],
    ['with another scheme', async (token) => `Basic ${await token()}`],
    ['with no token at all', () => 'Bearer one.two.three'],
    ['for another audience', (token) => bearer(token({ aud: 'https://other.example' }))],
    ['of another issuer', (token) => bearer(token({ iss: 'https://accounts.google.com' }))],
    [
      'of another account',
      (token) => bearer(token({ email: 'other@sandbox.iam.gserviceaccount.com' })),
    ],
    ['of an address that is not verified', (token) => bearer(token({ email_verified: false }))],
    ['past its time', (token) => bearer(token({ iat: now() - 7_200, exp: now() - 3_600 }))],
    ['without an end', (token) => bearer(token({ exp: null }))],
    [
      'signed by another key',
      async (token) => {
        const [head, claims] = (await token()).split('.');
        const { kid } = decoded(head) as { kid: string };
        return `Bearer ${signed(other.privateKey, kid, decoded(claims))}`;
      },
    ],
    [
      'unsigned',
      async (token) => {
        const [, claims = ''] = (await token()).split('.');
        const head = Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url');
        return `Bearer ${head}.${claims}.AA`;
      },
    ],
  ];
