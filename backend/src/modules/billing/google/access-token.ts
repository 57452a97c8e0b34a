import { importPKCS8, SignJWT } from 'jose';
import type { Provider, Providers } from '../../../kernel/resilience/index.ts';
import { accessToken } from './answers.ts';
import type { ServiceAccount } from './settings.ts';

const scope = 'https://www.googleapis.com/auth/androidpublisher';
/** A token is not used in its last minute: on its way it may end. */
const marginMs = 60_000;

/** The access tokens of a service account, each for as long as it lasts. */
export interface AccessTokens {
  get(): Promise<string>;
  /** It was refused: the next one is a new one. */
  drop(token: string): void;
}

/** By an assertion that the account's key signs (RFC 7523), as Google's own libraries do it. */
export function createAccessTokens(account: ServiceAccount, providers: Providers): AccessTokens {
  const url = new URL(account.tokenUrl);
  const provider: Provider = providers.create({ name: 'google-oauth', baseUrl: url.origin });
  let known: { token: string; until: number } | undefined;
  let asking: Promise<string> | undefined;

  async function ask(): Promise<string> {
    const askedAt = Date.now();
    const assertion = await new SignJWT({ scope })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: account.keyId })
      .setIssuer(account.email)
      .setAudience(account.tokenUrl)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(await importPKCS8(account.privateKey, 'RS256'));
    const { body } = await provider.fetchJson({
      method: 'POST',
      path: url.pathname,
      form: { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion },
      schema: accessToken,
      // The same assertion may be shown again.
      idempotent: true,
      interactive: true,
    });
    known = { token: body.access_token, until: askedAt + body.expires_in * 1_000 - marginMs };
    return known.token;
  }

  return {
    get() {
      if (known !== undefined && Date.now() < known.until) return Promise.resolve(known.token);
      // Those who ask at once share one.
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    drop(token) {
      if (known?.token === token) known = undefined;
    },
  };
}
