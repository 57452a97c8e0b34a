import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { type BillingApp, startBillingApp } from './testing/app.ts';
import { inSeconds, truth } from './testing/truths.ts';

let app: BillingApp;
let supabase: ReturnType<typeof connect>;

const connect = () =>
  createClient(app.issuer.url, app.issuer.serviceRoleKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });

beforeAll(async () => {
  app = await startBillingApp({ environment: { BILLING_MIRROR_APP_METADATA: 'true' } });
  supabase = connect();
});
afterAll(async () => {
  await app.stop();
});

async function metadataOf(userId: string): Promise<Record<string, unknown>> {
  const { data, error } = await supabase.auth.admin.getUserById(userId);
  if (error) throw error;
  return data.user.app_metadata;
}

async function untilMirrored(userId: string, names: readonly string[]): Promise<void> {
  const giveUpAt = performance.now() + 10_000;
  for (;;) {
    const { entitlements } = await metadataOf(userId);
    if (JSON.stringify(entitlements) === JSON.stringify(names)) return;
    if (performance.now() > giveUpAt)
      throw new Error(`app_metadata.entitlements is ${JSON.stringify(entitlements)}`);
    await wait(50);
  }
}

test('app_metadata follows what a user may use, and the rest of it stays', async () => {
  const { userId } = await app.signUp({ role: 'service' });
  const bought = truth({ userId, kind: 'one-time', productId: 'price_all', periodEndsAt: null });
  await app.record(bought);
  await untilMirrored(userId, ['archive', 'pro']);
  expect(await metadataOf(userId)).toMatchObject({ role: 'service', provider: 'email' });
  await app.record({ ...bought, refundedAt: new Date(), observedAt: inSeconds(1) });
  await untilMirrored(userId, []);
});

test('what ends by time alone is mirrored, too', async () => {
  const { userId } = await app.signUp();
  await app.record(truth({ userId, autoRenews: false, periodEndsAt: inSeconds(1.5) }));
  await untilMirrored(userId, ['pro']);
  await untilMirrored(userId, []);
});

test('an account that is gone is no fault', async () => {
  const { userId } = await app.signUp();
  const { error } = await supabase.auth.admin.deleteUser(userId);
  expect(error).toBeNull();
  expect(await app.kernel.authAdmin.mergeAppMetadata(userId, { entitlements: [] })).toBe(false);
});

test('an operator has everybody mirrored who has bought something', async () => {
  const [action] = app.kernel.admin.actions();
  expect(action?.name).toBe('billing.mirror-all');
  const { userId } = await app.signUp();
  await app.record(truth({ userId }));
  await untilMirrored(userId, ['pro']);
  await supabase.auth.admin.updateUserById(userId, { app_metadata: { entitlements: null } });
  const result = await action?.run({}, { callerId: userId, requestId: 'a-request' });
  expect(result?.message).toMatch(/^[1-9]\d* users are queued\.$/);
  await untilMirrored(userId, ['pro']);
});
