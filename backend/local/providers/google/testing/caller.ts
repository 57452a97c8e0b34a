import { expect } from '@jest/globals';
import { importPKCS8, type JWTPayload, SignJWT } from 'jose';
import { google as definition } from '../../google.ts';
import { startSandbox, type Sandbox } from '../../sandbox.ts';
import { commandOf } from '../../testing/command.ts';
import { packageName } from '../purchases.ts';

export interface Bought {
  purchaseToken: string;
  order: string;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
}

export const monthly = 'sandbox_pro_monthly';
export const archive = 'sandbox_archive';

/** How Google refuses. */
export const refusal = (code: number, status: string): Answer => ({
  status: code,
  body: { error: { code, status, message: expect.any(String) as unknown } },
});
export const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as unknown;

/** The sandbox of Google Play, the developer who has it do things, and a server that asks it. */
export type Caller = Awaited<ReturnType<typeof startCaller>>;

export async function startCaller() {
  const sandbox: Sandbox = await startSandbox({ providers: [definition] });
  const account = JSON.parse(sandbox.provider('google').key) as Record<string, string>;
  const tokenUrl = account.token_uri ?? '';

  const command = commandOf(sandbox, 'google');

  /** Signed as Google's libraries do it (RFC 7523), but for what is given. */
  async function assertion(claims: JWTPayload = {}, key = account.private_key): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({
      scope: 'https://www.googleapis.com/auth/androidpublisher',
      iss: account.client_email ?? '',
      aud: tokenUrl,
      iat: now,
      exp: now + 3_600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: account.private_key_id ?? '' })
      .sign(await importPKCS8(key ?? '', 'RS256'));
  }

  /** For an access token. */
  async function exchanged(signed: string): Promise<Answer> {
    const answer = await fetch(tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: signed,
      }),
    });
    return { status: answer.status, body: (await answer.json()) as Answer['body'] };
  }

  const accessToken = String((await exchanged(await assertion())).body.access_token);

  /** Of the Android Publisher API, below an app. */
  async function call(
    method: 'GET' | 'POST',
    path: string,
    { authorization = `Bearer ${accessToken}`, app = packageName } = {},
  ): Promise<Answer> {
    const { baseUrl } = sandbox.provider('google');
    const answer = await fetch(`${baseUrl}androidpublisher/v3/applications/${app}/${path}`, {
      method,
      headers: { authorization },
    });
    const text = await answer.text();
    return {
      status: answer.status,
      body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    };
  }

  const subscription = ({ purchaseToken }: Pick<Bought, 'purchaseToken'>) =>
    call('GET', `purchases/subscriptionsv2/tokens/${purchaseToken}`);
  return {
    sandbox,
    command,
    assertion,
    exchanged,
    call,
    buy: (more: object = {}) => command<Bought>('buy', { product: monthly, ...more }),
    act: (name: string, { purchaseToken: token }: Bought, more: object = {}) =>
      command<Bought>(name, { token, ...more }),
    subscription,
    product: ({ purchaseToken }: Pick<Bought, 'purchaseToken'>) =>
      call('GET', `purchases/productsv2/tokens/${purchaseToken}`),
    order: ({ order }: Pick<Bought, 'order'>) => call('GET', `orders/${order}`),
    acknowledge: (collection: string, product: string, { purchaseToken }: Bought) =>
      call('POST', `purchases/${collection}/${product}/tokens/${purchaseToken}:acknowledge`),
    stateOf: async (bought: Bought): Promise<string> =>
      String((await subscription(bought)).body.subscriptionState).replace(
        'SUBSCRIPTION_STATE_',
        '',
      ),
  };
}
