import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { startGoogleStand, type GoogleStand } from '../testing/google-stand.ts';
import { type Operator, reconcilesOnDemand, startOperator } from '../testing/operator.ts';

let stand: GoogleStand;
let operator: Operator;
beforeAll(async () => {
  stand = await startGoogleStand(reconcilesOnDemand);
  operator = await startOperator(stand.app);
  await stand.command('webhook', { lost: true });
});
afterEach(async () => {
  stand.sandbox.heal('google');
  await stand.app.kernel.admin.providers.reset('google-play');
});
afterAll(async () => {
  await operator.leave();
  await stand.stop();
});

describe('what nobody told of, and reconciliation finds', () => {
  test('paid, is acknowledged, or Google would give the money back', async () => {
    const user = await stand.app.signUp();
    const made = await stand.buy(user, { pending: true });
    await stand.present(user, made);
    await stand.do('pay', made);
    expect((await operator.compare(user)).body.items).toMatchObject([{ outcome: 'corrected' }]);
    expect(await operator.statesOf(user)).toEqual(['active']);
    await stand.untilAcknowledged(made);
  });

  test('paid, ends what it was bought in the place of', async () => {
    const user = await stand.app.signUp();
    const made = await stand.buy(user);
    await stand.present(user, made);
    const next = await stand.do('upgrade', made, {
      product: 'sandbox_team_monthly',
      pending: true,
    });
    await stand.present(user, next);
    expect(await operator.statesOf(user)).toEqual(['active', 'on-hold']);
    await stand.do('pay', next);
    await operator.compare(user);
    expect(await operator.statesOf(user)).toEqual(['revoked', 'active']);
    const written = await operator.written();
    await operator.compare(user);
    expect(await operator.written()).toBe(written);
  });
});

test('an order that is said not to be there takes no refund back', async () => {
  const user = await stand.app.signUp();
  const made = await stand.buy(user);
  await stand.do('refund', made);
  await stand.present(user, made);
  expect(await operator.statesOf(user)).toEqual(['refunded']);
  stand.sandbox.misbehave('google', { status: 404, path: '/orders/' });
  expect((await operator.compare(user)).body.items).toMatchObject([
    { outcome: 'failed', errorCode: 'UPSTREAM_INVALID_RESPONSE' },
  ]);
  expect(await stand.present(user, made)).toMatchObject({ status: 502 });
  expect(await operator.statesOf(user)).toEqual(['refunded']);
});
