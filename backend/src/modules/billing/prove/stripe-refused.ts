import { strictEqual } from 'node:assert/strict';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Client } from 'pg';
import { signatureOf } from '../../../../local/providers/stripe/deliveries.ts';
import { createChecks } from '../../../../../scripts/prove/checks.ts';
import { defineClaim } from '../../../../../scripts/prove/claim.ts';
import { stripeEvent } from '../testing/stripe-events.ts';
import { deliver, startStripeStand } from '../testing/stripe-stand.ts';

interface Sent {
  body: string | Buffer;
  signature: string;
  headers?: Record<string, string>;
}

const subject = { subscription: 'sub_of_nobody', customer: 'cus_1', paymentIntent: 'pi_1' };
const now = () => Math.floor(Date.now() / 1_000);
/** As Stripe sends it: indented. */
const written = (more: object = {}) =>
  JSON.stringify({ ...stripeEvent('product.updated', subject), ...more }, null, 2);

/** What is wrong about each; the other half of it is right. */
const forgeries: Readonly<Record<string, (secret: string) => Sent>> = {
  'signed 301 s ago': (secret) => aged(secret, -301),
  'signed in 301 s': (secret) => aged(secret, 301 + 1),
  'signed in an hour': (secret) => aged(secret, 3_600),
  'signed by another secret': () => aged('whsec_somebody-elses-0123456789', 0),
  'signed by v0 alone': (secret) => changed(secret, (text) => text.replace('v1=', 'v0=')),
  'signed without a time': (secret) => changed(secret, (text) => text.replace(/^t=\d+,/, '')),
  'signed with a time that is none': (secret) =>
    changed(secret, (text) => text.replace(/^t=\d+/, 't=NaN')),
  'an empty signature': (secret) => changed(secret, () => ''),
  'serialised anew': (secret) => {
    const { body, signature } = aged(secret, 0);
    return { body: JSON.stringify(JSON.parse(String(body))), signature };
  },
  'one byte more': (secret) => {
    const { body, signature } = aged(secret, 0);
    return { body: `${String(body)} `, signature };
  },
  'behind a byte order mark': (secret) => {
    const { body, signature } = aged(secret, 0);
    return { body: `\ufeff${String(body)}`, signature };
  },
  'compressed after it was signed': (secret) => {
    const { body, signature } = aged(secret, 0);
    return { body: gzipSync(body), signature, headers: { 'content-encoding': 'gzip' } };
  },
  'of real money': (secret) => of(secret, { livemode: true }),
  'of a connected account': (secret) => of(secret, { account: 'acct_1' }),
};

function aged(secret: string, seconds: number): Sent {
  const body = written();
  return { body, signature: signatureOf(body, secret, now() + seconds) };
}
function changed(secret: string, change: (signature: string) => string): Sent {
  const { body, signature } = aged(secret, 0);
  return { body, signature: change(signature) };
}
function of(secret: string, more: object): Sent {
  const body = written(more);
  return { body, signature: signatureOf(body, secret) };
}

export default defineClaim({
  id: 'stripe-refused',
  phase: 2,
  claim:
    'An event of Stripe that is too old, of a time to come, signed by somebody else or in another way, changed by a byte, compressed, or of another account or mode is answered with 400 and leaves a line in the log, without its signature, and nothing else.',
  bound: 'every check',
  seconds: 8,
  async measure({ stack, startServer, progress }) {
    const { check, finding } = createChecks(progress);
    const stand = await startStripeStand();
    const client = new Client({ connectionString: stack.database.url });
    await client.connect();
    const stored = async () =>
      (await client.query('select 1 from bulwark.webhook_events')).rowCount ?? 0;
    try {
      const server = await startServer({ environment: stand.environment });
      const signatures: string[] = [];
      const warnings = () =>
        server
          .lines()
          .filter(({ level }) => level === 'warn' || level === 'error')
          .map(({ msg }) => String(msg));
      for (const [name, forge] of Object.entries(forgeries))
        await check(name, async () => {
          const { body, signature, headers } = forge(stand.secret);
          const before = await stored();
          strictEqual(await deliver(server.url, body, signature, headers), 400);
          strictEqual(await stored(), before);
          signatures.push(signature);
        });
      for (const seconds of [-299, 0, 299])
        await check(`signed ${seconds} s from now is taken`, async () => {
          const { body, signature } = aged(stand.secret, seconds);
          const before = await stored();
          strictEqual(await deliver(server.url, body, signature), 200);
          strictEqual(await stored(), before + 1);
        });
      await check('each has its one warning, and no line has a signature', async () => {
        const wanted = Object.keys(forgeries).length;
        const giveUpAt = performance.now() + 5_000;
        while (warnings().length < wanted && performance.now() < giveUpAt) await wait(50);
        await wait(200);
        strictEqual(warnings().join(), Array<string>(wanted).fill('webhook refused').join());
        for (const signature of signatures)
          strictEqual(signature !== '' && server.output().includes(signature.slice(-64)), false);
      });
      return finding();
    } finally {
      await client.end();
      await stand.close();
    }
  },
});
