import type { lookup as systemLookup } from 'node:dns';
import { afterEach, describe, expect, test } from '@jest/globals';
import {
  answers,
  startFailingProvider,
  type FailingProvider,
} from '../../../test/support/failing-provider.ts';
import { createInputFetch, type InputFetch } from './input-fetch.ts';
import {
  forbiddenAddresses,
  forbiddenUrls,
  publicAddresses,
} from '../../../test/support/input-urls.ts';
import { isPublicAddress } from './public-address.ts';

const disposers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of disposers.splice(0).reverse()) await dispose();
});

/** Names that lead where the test wants; asked again, to the next of them. */
function resolver(...answersInTurn: readonly (readonly string[])[]): typeof systemLookup {
  let asked = 0;
  const resolve = (_name: string, _options: unknown, done: (...values: unknown[]) => void) => {
    const addresses = answersInTurn[Math.min(asked, answersInTurn.length - 1)] ?? [];
    asked += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    );
  };
  return resolve as unknown as typeof systemLookup;
}

async function open(
  rules: Omit<Parameters<typeof createInputFetch>[0], 'version'> = {},
): Promise<{ input: InputFetch; target: FailingProvider }> {
  const target = await startFailingProvider();
  const input = createInputFetch({ ...rules, version: 'test' });
  disposers.push(
    () => target.close(),
    () => input.close(),
  );
  return { input, target };
}

/** What a test lets in: its own server, by the address and port that it has. */
const own = (target: () => FailingProvider) => (host: string, port: string) =>
  host === '127.0.0.1' && target().url.endsWith(`:${port}`);

test.each(forbiddenAddresses)('%s is no public address', (address) => {
  expect(isPublicAddress(address)).toBe(false);
});

test.each(publicAddresses)('%s is a public address', (address) => {
  expect(isPublicAddress(address)).toBe(true);
});

describe('a URL from input', () => {
  test.each(forbiddenUrls)('%s is refused', async (url) => {
    const { input } = await open();
    const error = await input.fetch(url, { field: 'imageUrl' }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'VALIDATION_FAILED',
      details: [{ field: 'imageUrl', reason: 'must be a public http or https address' }],
    });
  });

  test('with a name that leads here is refused, even where another address of it is public', async () => {
    for (const addresses of [['127.0.0.1'], ['93.184.216.34', '10.0.0.1'], ['::ffff:127.0.0.1']]) {
      const { input, target } = await open({ lookup: resolver(addresses) });
      const { port } = new URL(target.url);
      for (const url of ['http://innocent.example/', `http://innocent.example:${port}/`])
        await expect(input.fetch(url)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
      expect(target.requests).toEqual([]);
    }
  });

  test('goes to the address that was checked: the name is asked for once', async () => {
    const ports: string[] = [];
    const { input, target } = await open({
      lookup: resolver(['127.0.0.1'], ['10.0.0.1']),
      dangerouslyAllow: (host, port) =>
        ['rebinding.example', '127.0.0.1'].includes(host) && ports.includes(port),
    });
    ports.push(new URL(target.url).port);
    const { port } = new URL(target.url);
    const answer = await input.fetch(`http://rebinding.example:${port}/`);
    expect(answer).toMatchObject({ status: 200, body: Buffer.from('{"value":1}') });
    await expect(input.fetch(`http://rebinding.example:${port}/`)).rejects.toMatchObject({
      code: 'VALIDATION_FAILED',
    });
  });
});

describe('a redirect', () => {
  let target: FailingProvider;
  const lettingIn = async () => {
    const stand = await open({ dangerouslyAllow: own(() => target) });
    target = stand.target;
    return stand.input;
  };

  test.each([
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost/',
    'file:///etc/passwd',
  ])('to %s is not followed', async (location) => {
    const input = await lettingIn();
    target.next(answers(302, '', { location }));
    await expect(input.fetch(target.url)).rejects.toMatchObject({ code: 'VALIDATION_FAILED' });
    expect(target.requests).toHaveLength(1);
  });

  test('is followed three times, and carries nothing of ours', async () => {
    const input = await lettingIn();
    const step = (count: number) => answers(302, '', { location: `/${count}` });
    target.next(step(1), step(2), step(3));
    expect(await input.fetch(target.url)).toMatchObject({ status: 200, url: `${target.url}/3` });
    target.always(step(4));
    await expect(input.fetch(target.url)).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
    });
    for (const { headers } of target.requests)
      expect(Object.keys(headers).sort()).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ]);
  });

  test('and everything else has a limit of size and time', async () => {
    const input = await lettingIn();
    target.next(answers(200, 'x'.repeat(5_000)));
    await expect(input.fetch(target.url, { maxBytes: 4_000 })).rejects.toMatchObject({
      code: 'UPSTREAM_INVALID_RESPONSE',
    });
    target.next(() => undefined);
    await expect(input.fetch(target.url, { deadlineMs: 100 })).rejects.toMatchObject({
      code: 'UPSTREAM_TIMEOUT',
    });
    const signal = AbortSignal.abort(new Error('no more'));
    await expect(input.fetch(target.url, { signal })).rejects.toThrow('no more');
  });
});
