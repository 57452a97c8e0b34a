import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { createAuthority, type Authority } from '../../../../local/providers/apple/certificates.ts';
import { type AppleOn, createVerifier } from './verifier.ts';

const authority = createAuthority();
const production = (by: Authority, more: Partial<AppleOn> = {}) =>
  createVerifier({
    kind: 'on',
    bundleId: 'dev.bulwark.app',
    appId: 1_234_567_890,
    issuerId: '',
    keyId: '',
    key: () => '',
    apiBase: undefined,
    rootCertificates: [Buffer.from(by.root, 'base64')],
    onlineChecks: false,
    environments: ['Production', 'Sandbox'],
    ...more,
  });
const transaction = (environment: string) => ({
  bundleId: 'dev.bulwark.app',
  environment,
  signedDate: Date.now(),
});
const notification = (data: object) => ({
  notificationType: 'TEST',
  notificationUUID: 'b8f2b2b4-4c5e-4a53-9d4e-6f0f3f1f0003',
  signedDate: Date.now(),
  data: { bundleId: 'dev.bulwark.app', ...data },
});

describe('in production', () => {
  const verifier = production(authority);

  test.each(['Production', 'Sandbox'])('a transaction of %s is taken', async (environment) => {
    const signed = authority.sign(transaction(environment));
    expect(await verifier.transaction(signed)).toMatchObject({ environment });
  });

  test.each(['Xcode', 'LocalTesting', 'Elsewhere'])('one of %s is not', async (environment) => {
    const signed = authority.sign(transaction(environment));
    await expect(verifier.transaction(signed)).rejects.toThrow('INVALID_ENVIRONMENT');
    // Nor as Xcode has it: without anybody's signature.
    const unsigned = signed.replace(/[^.]*$/, '');
    await expect(verifier.transaction(unsigned)).rejects.toThrow('VERIFICATION_FAILURE');
  });

  test('a notification is taken for this app alone; one of testers has no number', async () => {
    const take = (data: object) => verifier.notification(authority.sign(notification(data)));
    expect(await take({ environment: 'Production', appAppleId: 1_234_567_890 })).toBeDefined();
    expect(await take({ environment: 'Sandbox' })).toBeDefined();
    for (const data of [
      { environment: 'Production' },
      { environment: 'Production', appAppleId: 1 },
      { environment: 'Sandbox', bundleId: 'com.example.other' },
    ])
      await expect(take(data)).rejects.toThrow('INVALID_APP_IDENTIFIER');
  });
});

describe('where revocation is looked up', () => {
  test('and nobody can be asked, it is our trouble and not the sender’s', async () => {
    const away = createServer((_request, response) => {
      response.writeHead(503).end();
    }).listen(0, '127.0.0.1');
    await once(away, 'listening');
    const ocspUrl = `http://127.0.0.1:${(away.address() as AddressInfo).port}/ocsp`;
    try {
      const asked = createAuthority({ ocspUrl });
      const verifier = production(asked, { onlineChecks: true });
      await expect(
        verifier.transaction(asked.sign(transaction('Production'))),
      ).rejects.toMatchObject({
        code: 'UPSTREAM_UNAVAILABLE',
        statusCode: 503,
        provider: 'apple',
      });
    } finally {
      away.close();
      away.closeAllConnections();
      await once(away, 'close');
    }
  });

  test('and the certificates name nobody to ask, they do not count', async () => {
    const verifier = production(authority, { onlineChecks: true });
    await expect(verifier.transaction(authority.sign(transaction('Production')))).rejects.toThrow(
      'INVALID_CERTIFICATE',
    );
  });
});
