import { strict as assert } from 'node:assert';
import { Client } from 'pg';
import { io } from 'socket.io-client';
import type { ServerProcess } from '../../../backend/test/support/server-process.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

const limit = 20;
const attempts = 60;
const path = '/api/v1/probe/tiers/public';

/** What a client may hope to be taken for another by. */
const disguises: readonly ((address: string) => Headers)[] = [
  (address) => ({ 'x-forwarded-for': address }),
  (address) => ({ 'x-forwarded-for': `${address}, ${address}, ${address}` }),
  (address) => ({ 'x-real-ip': address }),
  (address) => ({ forwarded: `for=${address}` }),
  (address) => ({ 'cf-connecting-ip': address, 'true-client-ip': address, 'x-client-ip': address }),
];

export default defineClaim({
  id: 'rate-limit-spoofing',
  phase: 4,
  claim:
    'No header makes a stranger another caller: a flood with an address of its own in each request has the points of one, over HTTP and sockets, and so has an IPv6 /64.',
  bound: `${limit} of ${attempts} admitted, whatever the headers say`,
  seconds: 15,
  async measure({ startServer, stack, progress }) {
    const { check, finding } = createChecks(progress);
    const start = (trustProxy: string) =>
      startServer({
        script: 'probe.ts',
        environment: { RATE_LIMIT_PUBLIC: String(limit), TRUST_PROXY: trustProxy },
      });
    const direct = await start('false');
    await check('without a proxy, in every disguise', async () => {
      const headersOf = (index: number) =>
        disguises[index % disguises.length]?.(addressOf(index)) ?? {};
      assert.equal(await admitted(direct, headersOf), limit);
    });
    await check('without a proxy: a socket has the points of its address too', async () => {
      const headersOf = (index: number) => ({ 'x-forwarded-for': addressOf(index) });
      assert.deepEqual(await refusals(direct, headersOf), { RATE_LIMITED: attempts });
    });

    await forgetAll(stack.database.url);
    const farProxy = await start('203.0.113.0/24');
    await check('a trusted range that the connection does not come from', async () => {
      const headersOf = (index: number) => ({ 'x-forwarded-for': addressOf(index) });
      assert.equal(await admitted(farProxy, headersOf), limit);
    });

    // Behind a proxy each check has an address of its own.
    const proxied = await start('1');
    const written = (last: (index: number) => string) => (index: number) => ({
      'x-forwarded-for': `${addressOf(index)}, ${last(index)}`,
    });
    for (const [name, last] of Object.entries(lastAddresses))
      await check(`behind a proxy: ${name}`, async () => {
        assert.equal(await admitted(proxied, written(last)), limit);
      });
    await check('behind a proxy: other clients have points of their own', async () => {
      assert.equal(await admitted(proxied, written(addressOf)), attempts);
    });
    await check('behind a proxy: sockets of one IPv6 /64', async () => {
      const last = (index: number) => `2001:db8:0:8::${index.toString(16)}`;
      assert.deepEqual(await refusals(proxied, written(last)), {
        UNAUTHENTICATED: limit,
        RATE_LIMITED: attempts - limit,
      });
    });
    return finding();
  },
});

/** One client, however the proxy happens to write its address. */
const lastAddresses: Readonly<Record<string, (index: number) => string>> = {
  'what the client wrote before': () => '203.0.113.9',
  'one IPv6 /64, in many ways to write it': (index) =>
    `2001:DB8:0:7:${index.toString(16)}::${index % 7}`,
  'an IPv4 address, plain and within IPv6': (index) =>
    index % 2 === 0 ? '203.0.113.10' : '::ffff:203.0.113.10',
  'what is no address': (index) => `unknown-${index}`,
};

type Headers = Record<string, string>;

/** Another one for each. */
const addressOf = (index: number): string => `198.51.100.${index + 1}`;

async function admitted(
  { url }: ServerProcess,
  headersOf: (index: number) => Headers,
): Promise<number> {
  let count = 0;
  for (let index = 0; index < attempts; index += 1) {
    const answer = await fetch(url + path, { headers: headersOf(index) });
    await answer.arrayBuffer();
    if (answer.status === 200) count += 1;
  }
  return count;
}

/** How often connections without a token were refused with each code. */
async function refusals({ url }: ServerProcess, headersOf: (index: number) => Headers) {
  const counts: Record<string, number> = {};
  for (let index = 0; index < attempts; index += 1) {
    const code = await handshake(url, headersOf(index));
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

/** The next server shares the points of the one before, as processes do. */
async function forgetAll(databaseUrl: string): Promise<void> {
  const database = new Client({ connectionString: databaseUrl });
  await database.connect();
  await database.query('delete from bulwark.rate_limits');
  await database.end();
}

/** One connection without a token: resolves with the code that it was refused with. */
function handshake(url: string, extraHeaders: Headers): Promise<string> {
  const socket = io(url, {
    transports: ['websocket'],
    forceNew: true,
    reconnection: false,
    extraHeaders,
  });
  return new Promise<string>((resolve) => {
    socket.once('connect_error', (error: Error & { data?: { code: string } }) => {
      resolve(error.data?.code ?? error.message);
    });
    socket.once('connected', () => {
      resolve('connected');
    });
  }).finally(() => {
    socket.disconnect();
  });
}
