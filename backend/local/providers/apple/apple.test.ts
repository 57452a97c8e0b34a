import {
  APIException,
  AppStoreServerAPIClient,
  Environment,
  SignedDataVerifier,
  Status,
} from '@apple/app-store-server-library';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { apple as definition } from '../apple.ts';
import { startSandbox, type Sandbox } from '../sandbox.ts';
import { team } from './api.ts';
import { newKeys } from './certificates.ts';
import { app } from './signing.ts';
import { type Command, commandOf } from '../testing/command.ts';
import { type Receiver, startReceiver } from '../testing/receiver.ts';

interface Bought {
  transaction: string;
  signedTransaction: string;
}

/** The official library, unmodified: only its address and the root differ. */
let client: AppStoreServerAPIClient;
let verifier: SignedDataVerifier;
let sandbox: Sandbox;
let command: Command;
let receiver: Receiver;

const clientBy = (key: string, bundleId: string = app.bundleId): AppStoreServerAPIClient =>
  Object.assign(
    new AppStoreServerAPIClient(key, team.keyId, team.issuerId, bundleId, Environment.SANDBOX),
    { urlBase: sandbox.provider('apple').baseUrl.replace(/\/$/, '') },
  );

beforeAll(async () => {
  sandbox = await startSandbox({ providers: [definition] });
  command = commandOf(sandbox, 'apple');
  client = clientBy(sandbox.provider('apple').key);
  const root = Buffer.from(sandbox.environment['APPLE_ROOT_CERTIFICATES'] ?? '', 'base64');
  verifier = new SignedDataVerifier([root], false, Environment.SANDBOX, app.bundleId);
  receiver = await startReceiver();
  await command('webhook', { url: receiver.url });
});
beforeEach(async () => {
  await command('webhook', {});
  receiver.clear();
});
afterAll(async () => {
  await sandbox.close();
  await receiver.close();
});

const buy = (more: object = {}) =>
  command<Bought>('buy', { product: 'sandbox.pro.monthly', ...more });
const told = () =>
  Promise.all(
    receiver.received.map(({ body }) =>
      verifier.verifyAndDecodeNotification(
        (JSON.parse(body) as { signedPayload: string }).signedPayload,
      ),
    ),
  );

async function statusOf(transaction: string): Promise<Status | number | undefined> {
  const { data = [] } = await client.getAllSubscriptionStatuses(transaction);
  return data[0]?.lastTransactions?.[0]?.status;
}

test('what it signs is what the library takes, and nobody else’s', async () => {
  const { transaction, signedTransaction } = await buy();
  expect(await verifier.verifyAndDecodeTransaction(signedTransaction)).toMatchObject({
    originalTransactionId: transaction,
    productId: 'sandbox.pro.monthly',
    type: 'Auto-Renewable Subscription',
    environment: 'Sandbox',
  });
  await expect(verifier.verifyAndDecodeTransaction(`${signedTransaction}x`)).rejects.toThrow();
  const others = await startSandbox({ providers: [definition] });
  const foreign = Buffer.from(others.environment['APPLE_ROOT_CERTIFICATES'] ?? '', 'base64');
  await others.close();
  const elsewhere = new SignedDataVerifier([foreign], false, Environment.SANDBOX, app.bundleId);
  await expect(elsewhere.verifyAndDecodeTransaction(signedTransaction)).rejects.toThrow();
});

test('statuses and transactions are answered as the library reads them', async () => {
  const { transaction } = await buy({ account: 'one' });
  const archive = await buy({ account: 'one', product: 'sandbox.archive' });
  const { data = [], bundleId } = await client.getAllSubscriptionStatuses(archive.transaction);
  expect(bundleId).toBe(app.bundleId);
  expect(data[0]?.lastTransactions).toHaveLength(1);
  const [item] = data[0]?.lastTransactions ?? [];
  expect(item).toMatchObject({ originalTransactionId: transaction, status: Status.ACTIVE });
  expect(await verifier.verifyAndDecodeRenewalInfo(item?.signedRenewalInfo ?? '')).toMatchObject({
    autoRenewStatus: 1,
  });
  const { signedTransactionInfo = '' } = await client.getTransactionInfo(archive.transaction);
  expect(await verifier.verifyAndDecodeTransaction(signedTransactionInfo)).toMatchObject({
    type: 'Non-Consumable',
  });
});

test('a subscription goes through all of Apple’s statuses', async () => {
  const { transaction } = await buy();
  const after = async (name: string, more: object = {}) => {
    await command(name, { transaction, ...more });
    return statusOf(transaction);
  };
  expect(await after('fail-card')).toBe(Status.BILLING_GRACE_PERIOD);
  expect(await after('recover')).toBe(Status.ACTIVE);
  expect(await after('fail-card', { graceSeconds: 0 })).toBe(Status.BILLING_RETRY);
  expect(await after('give-up')).toBe(Status.EXPIRED);
  expect(await after('refund')).toBe(Status.REVOKED);
});

test('notifications are signed, and come again until they are taken', async () => {
  receiver.answerNext(500);
  await buy();
  await receiver.until(() => receiver.received.length >= 2);
  const [first, again] = await told();
  expect(first).toMatchObject({
    notificationType: 'SUBSCRIBED',
    subtype: 'INITIAL_BUY',
    version: '2.0',
  });
  expect(again?.notificationUUID).toBe(first?.notificationUUID);
});

test('notifications can be doubled, reversed, lost, and sent again', async () => {
  await command('webhook', { lost: true });
  const { transaction } = await buy();
  await command('webhook', { copies: 2, reverse: 2 });
  await command('cancel', { transaction });
  await command('resume', { transaction });
  await receiver.until(() => receiver.received.length >= 4);
  const types = (await told()).map(({ subtype }) => subtype);
  expect(new Set(types)).toEqual(new Set(['AUTO_RENEW_DISABLED', 'AUTO_RENEW_ENABLED']));
  const [one] = await told();
  await command('webhook', {});
  await command('redeliver', { event: one?.notificationUUID });
  await receiver.until(() => receiver.received.length >= 5);
  expect((await told()).at(-1)?.notificationUUID).toBe(one?.notificationUUID);
});

test('the clock brings renewals and ends, told as if they had been', async () => {
  const { transaction } = await buy();
  const { transaction: ending } = await buy();
  await command('cancel', { transaction: ending });
  await command('clock', { advanceSeconds: 45 * 86_400 });
  expect([await statusOf(transaction), await statusOf(ending)]).toEqual([
    Status.ACTIVE,
    Status.EXPIRED,
  ]);
  const { signedTransactionInfo = '' } = await client.getTransactionInfo(ending);
  const { expiresDate = 0 } = await verifier.verifyAndDecodeTransaction(signedTransactionInfo);
  expect(expiresDate).toBeLessThan(Date.now());
});

test('refuses in the words that the library understands', async () => {
  const refused = async (asked: Promise<unknown>) => {
    const error = await asked.catch((caught: unknown) => caught);
    if (!(error instanceof APIException)) throw new Error('It was not refused');
    return [error.httpStatusCode, error.apiError];
  };
  expect(await refused(client.getTransactionInfo('1'))).toEqual([404, 4_040_010]);
  expect(await refused(client.getTransactionInfo('x'))).toEqual([400, 4_000_006]);
  const { transaction } = await buy();
  const key = newKeys().privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  expect(await refused(clientBy(key).getTransactionInfo(transaction))).toEqual([401, null]);
  const own = sandbox.provider('apple').key;
  const other = clientBy(own, 'com.example.other');
  expect(await refused(other.getTransactionInfo(transaction))).toEqual([401, null]);
});
