/**
 * What it costs to verify an access token: for the first time, and again, one token after the other. Each text is built anew,
 * as a request brings it, so that nothing about it is known to the engine. Bound for the second: 50 µs.
 */
import { authConfig } from '../../backend/test/support/auth-config.ts';
import { startKeyServer } from '../../backend/test/support/key-server.ts';
import { makeSigningKey, signWith, userClaims } from '../../backend/test/support/tokens.ts';
import { createTokenVerifier } from '../../backend/src/kernel/auth/index.ts';
import { createLogger } from '../../backend/src/kernel/logging/index.ts';
import { median, row } from './support/statistics.ts';

const rounds = 9;
const tokensARound = 500;
const warmPasses = 20;
const boundUs = 50;

for (const alg of ['ES256', 'RS256'] as const) {
  const key = await makeSigningKey(alg);
  const keyServer = await startKeyServer({ keys: [key.publicJwk] });
  const logger = createLogger({ level: 'silent' });
  const verifier = createTokenVerifier(authConfig(keyServer.url), { logger });
  const cold: number[] = [];
  const warm: number[] = [];
  // The first round warms the engine up and is not counted.
  for (let round = 0; round <= rounds; round += 1) {
    const tokens = await Promise.all(
      Array.from({ length: tokensARound }, async () =>
        Buffer.from(await signWith(key, userClaims())),
      ),
    );
    const first = await microsecondsEach(tokens, 1);
    const again = await microsecondsEach(tokens, warmPasses);
    if (round > 0) {
      cold.push(first);
      warm.push(again);
    }
  }
  console.log(row(`${alg}, first time`, cold, 'µs', 1));
  console.log(row(`${alg}, again`, warm, 'µs', 2));
  if (median(warm) > boundUs) process.exitCode = 1;
  verifier.close();
  await keyServer.close();

  async function microsecondsEach(tokens: readonly Buffer[], passes: number): Promise<number> {
    let spent = 0;
    for (let pass = 0; pass < passes; pass += 1) {
      const texts = tokens.map((token) => token.toString('latin1'));
      const startedAt = performance.now();
      for (const text of texts) await verifier.verify(text);
      spent += performance.now() - startedAt;
    }
    return (spent * 1_000) / (tokens.length * passes);
  }
}
