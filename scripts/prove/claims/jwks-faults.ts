import type { RequestListener } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { startKeyServer } from '../../../backend/test/support/key-server.ts';
import { makeSigningKey, signWith, userClaims } from '../../../backend/test/support/tokens.ts';
import { defineClaim } from '../claim.ts';
import { unlimited } from '../faults/work.ts';
import { startLoad } from '../measure/http-load.ts';
import { grouped } from '../measure/summary.ts';

const cooldownMs = 1_000;
const eachMs = 2_000;
const html: RequestListener = (_request, response) => response.end('<html>Bad gateway</html>');
const huge: RequestListener = (_request, response) => response.end(' '.repeat(1_000_000));
const redirect: RequestListener = (_request, response) =>
  response.writeHead(302, { location: 'http://127.0.0.1:1/keys' }).end();
const silent: RequestListener = () => undefined;

export default defineClaim({
  id: 'jwks-faults',
  phase: 1,
  claim:
    'While the signing keys cannot be had, or come poisoned, under load, known tokens go on counting, and no forged one ever does.',
  bound: '0 wrongly refused, 0 wrongly admitted, over 7 faults and a rotation',
  seconds: 22,
  async measure({ stack, startServer, progress, signal }) {
    const [known, next, stranger] = await Promise.all([1, 2, 3].map(() => makeSigningKey()));
    if (!known || !next || !stranger) throw new Error('no keys');
    const keyServer = await startKeyServer({ keys: [known.publicJwk] });
    try {
      const server = await startServer({
        environment: {
          ...unlimited,
          JWKS_URL: keyServer.url,
          JWKS_COOLDOWN_MS: String(cooldownMs),
          JWKS_TIMEOUT_MS: '500',
          SESSION_CHECK: 'off',
        },
      });
      const claims = userClaims({ iss: `${stack.environment.SUPABASE_URL ?? ''}/auth/v1` });
      const tokens = {
        good: await signWith(known, claims),
        forged: await signWith(stranger, claims, { alg: 'ES256', typ: 'JWT', kid: known.kid }),
        unknown: await signWith(stranger, claims),
      };
      const kinds = Object.keys(tokens) as (keyof typeof tokens)[];
      const me = `${server.url}/api/v1/me`;
      const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
      if ((await fetch(me, { headers: bearer(tokens.good) })).status !== 200)
        throw new Error('the known token was not taken at first');

      const load = startLoad({
        rate: 150,
        connections: 60,
        request: (index) => ({
          url: me,
          headers: bearer(tokens[kinds[index % kinds.length] ?? 'good']),
        }),
        signal,
      });
      const faults: [string, () => unknown][] = [
        ['down', () => keyServer.down()],
        [
          'HTML',
          () => {
            keyServer.serve(html);
            return keyServer.up();
          },
        ],
        [
          'huge',
          () => {
            keyServer.serve(huge);
          },
        ],
        [
          'a redirect',
          () => {
            keyServer.serve(redirect);
          },
        ],
        [
          'no answer',
          () => {
            keyServer.serve(silent);
          },
        ],
        [
          'private keys',
          () => {
            keyServer.serve({ keys: [known.privateJwk, stranger.privateJwk] });
          },
        ],
        [
          'no keys of ours to read',
          () => {
            keyServer.serve({ keys: 'none' });
          },
        ],
      ];
      for (const [name, begin] of faults) {
        progress(`keys: ${name}`);
        await begin();
        await wait(eachMs);
      }
      progress('keys: rotated');
      keyServer.serve({ keys: [known.publicJwk, next.publicJwk] });
      const rotated = bearer(await signWith(next, claims));
      const rotatedAt = performance.now();
      while (
        (await fetch(me, { headers: rotated })).status !== 200 &&
        performance.now() - rotatedAt < 10_000
      )
        await wait(50);
      const rotationMs = performance.now() - rotatedAt;
      const outcomes = await load.stop();

      const of = (kind: string) =>
        outcomes.filter(({ index }) => kinds[index % kinds.length] === kind);
      const refused = of('good').filter(({ result }) => result !== '200').length;
      const wrong = [
        ...of('forged').filter(({ result }) => result !== '401'),
        ...of('unknown').filter(({ result }) => result !== '401' && result !== '503'),
      ].length;
      return {
        figure: `${refused} of ${grouped(of('good').length)} known refused, ${wrong} of ${grouped(outcomes.length - of('good').length)} forged or unknown not refused as such, new key taken after ${Math.round(rotationMs)} ms`,
        holds: refused === 0 && wrong === 0 && rotationMs < 10_000,
      };
    } finally {
      await keyServer.close();
    }
  },
});
