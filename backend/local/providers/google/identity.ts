import {
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import express, { type Router } from 'express';

/** Who pushes, and for whom. */
export const pushes = {
  audience: 'https://sandbox.example/google',
  email: 'pubsub-push@sandbox.iam.gserviceaccount.com',
} as const;

const scope = 'https://www.googleapis.com/auth/androidpublisher';
const lastsSeconds = 3_600;

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A JSON Web Token by RS256. */
export function signed(privateKey: KeyObject, kid: string, claims: object): string {
  const head = `${encoded({ alg: 'RS256', typ: 'JWT', kid })}.${encoded(claims)}`;
  return `${head}.${sign('sha256', Buffer.from(head), privateKey).toString('base64url')}`;
}

/** The key file of a service account, as Google Cloud makes it. */
export function newServiceAccount(tokenUrl: string): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return JSON.stringify({
    type: 'service_account',
    project_id: 'sandbox',
    private_key_id: randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    client_email: 'play-api@sandbox.iam.gserviceaccount.com',
    client_id: '100000000000000000001',
    token_uri: tokenUrl,
  });
}

/** Who is let in by a key file, and who signs what Pub/Sub pushes. */
export interface Identity {
  /** An access token for a good assertion, otherwise why it is not one. */
  exchange(form: Readonly<Record<string, unknown>>): { token: string } | { problem: string };
  isLetIn(authorization: string | undefined): boolean;
  /** As Pub/Sub shows it, but for these claims. */
  pushToken(more?: object): string;
  readonly keys: object;
}

export function createIdentity(keyFile: string, issuer: string): Identity {
  const account = JSON.parse(keyFile) as Record<string, string>;
  const publicKey = createPublicKey(account.private_key ?? '');
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const kid = randomBytes(20).toString('hex');
  const given = new Map<string, number>();
  const now = () => Math.floor(Date.now() / 1_000);

  function problemOf(assertion: string): string | undefined {
    const [head = '', body = '', signature = ''] = assertion.split('.');
    const signedWell = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      publicKey,
      Buffer.from(signature, 'base64url'),
    );
    if (!signedWell) return 'Invalid JWT Signature.';
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Record<string, unknown>;
    const { iat, exp } = claims;
    if (claims.iss !== account.client_email || claims.scope !== scope)
      return 'Invalid issuer or scope.';
    if (claims.aud !== account.token_uri) return 'Invalid audience.';
    if (typeof iat !== 'number' || typeof exp !== 'number' || exp - iat > lastsSeconds)
      return 'Invalid JWT: Token must be a short-lived token.';
    return exp < now() || iat > now() + 300 ? 'Invalid JWT: check iat and exp.' : undefined;
  }

  return {
    exchange({ grant_type: grant, assertion }) {
      if (grant !== 'urn:ietf:params:oauth:grant-type:jwt-bearer' || typeof assertion !== 'string')
        return { problem: 'Invalid grant_type.' };
      const problem = problemOf(assertion);
      if (problem !== undefined) return { problem };
      const token = `ya29.sandbox-${randomBytes(24).toString('base64url')}`;
      given.set(token, now() + lastsSeconds);
      return { token };
    },
    isLetIn: (authorization) =>
      (given.get(authorization?.replace(/^Bearer /, '') ?? '') ?? 0) > now(),
    pushToken: (more = {}) =>
      signed(own.privateKey, kid, {
        aud: pushes.audience,
        azp: '100000000000000000002',
        email: pushes.email,
        email_verified: true,
        exp: now() + lastsSeconds,
        iat: now(),
        iss: issuer,
        sub: '100000000000000000002',
        ...more,
      }),
    keys: {
      keys: [{ ...own.publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }],
    },
  };
}

/** The token endpoint, and the keys of the issuer. */
export function identityPages(identity: Identity): Router {
  const router = express.Router();
  router.post('/token', express.urlencoded({ extended: false }), (request, response) => {
    const result = identity.exchange((request.body as Record<string, unknown> | undefined) ?? {});
    if ('token' in result)
      response.json({
        access_token: result.token,
        expires_in: lastsSeconds - 1,
        token_type: 'Bearer',
      });
    else response.status(400).json({ error: 'invalid_grant', error_description: result.problem });
  });
  router.get('/oauth2/v3/certs', (_request, response) => {
    response.set('cache-control', 'public, max-age=20000').json(identity.keys);
  });
  return router;
}
