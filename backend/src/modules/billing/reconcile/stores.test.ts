import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { TestUser } from '../../../../test/support/users.ts';
import { onAnotherHost } from '../testing/another-host.ts';
import { startAppleStand } from '../testing/apple-stand.ts';
import { startGoogleStand } from '../testing/google-stand.ts';
import { type Operator, reconcilesOnDemand, startOperator } from '../testing/operator.ts';
import type { StoreStand } from '../testing/store-stand.ts';

/** A purchase that its buyer has presented. */
interface Presented {
  user: TestUser;
  purchaseId: string;
  /** Has the store do something with it. */
  do(name: string): Promise<unknown>;
}

interface Store {
  stand: StoreStand;
  buy(user: TestUser): Promise<{ answer: { status: number }; do: Presented['do'] }>;
}

async function startApple(): Promise<Store> {
  const stand = await startAppleStand(() => reconcilesOnDemand);
  return {
    stand,
    async buy(user) {
      // What a family shares can be taken back.
      const { transaction, signedTransaction } = await stand.buy(user, { familyShared: true });
      return {
        answer: await stand.present(user, signedTransaction),
        do: (name) => stand.command(name, { transaction }),
      };
    },
  };
}

async function startGoogle(): Promise<Store> {
  const stand = await startGoogleStand(reconcilesOnDemand);
  return {
    stand,
    async buy(user) {
      const bought = await stand.buy(user);
      const answer = await stand.present(user, bought);
      await stand.untilAcknowledged(bought);
      return { answer, do: (name) => stand.do(name, bought) };
    },
  };
}

describe.each([
  { title: 'the App Store', start: startApple, revoked: 'revoked', revokedBy: 'revokedAt' },
  // Play gives the money back with it.
  { title: 'Google Play', start: startGoogle, revoked: 'refunded', revokedBy: 'refundedAt' },
])('where notifications of $title are lost', ({ start, revoked, revokedBy }) => {
  let store: Store;
  let operator: Operator;
  beforeAll(async () => {
    store = await start();
    await store.stand.command('webhook', { lost: true });
    operator = await startOperator(store.stand.app);
  });
  afterAll(async () => {
    await operator.leave();
    await store.stand.stop();
  });

  async function presented(): Promise<Presented> {
    const user = await store.stand.app.signUp();
    const { answer, ...rest } = await store.buy(user);
    expect(answer.status).toBe(200);
    expect(await operator.statesOf(user)).toEqual(['active']);
    const { rows } = await operator.client.query<{ id: string }>(
      'select id from billing.purchases where user_id = $1',
      [user.userId],
    );
    return { user, purchaseId: rows[0]?.id ?? '', ...rest };
  }
  const untilOf = async (user: TestUser): Promise<string> => {
    const { entitlements } = await store.stand.app.mine(user.accessToken);
    return (entitlements as { until: string }[])[0]?.until ?? '';
  };

  test('a run puts it right with an entry in the ledger each, and the second one writes nothing', async () => {
    const untouched = await presented();
    const [renewed, refunded, taken] = [await presented(), await presented(), await presented()];
    const before = await untilOf(renewed.user);
    await renewed.do('renew');
    await refunded.do('refund');
    await taken.do('revoke');
    for (const { user } of [renewed, refunded, taken])
      expect(await operator.statesOf(user)).toEqual(['active']);

    const run = await operator.reconcile();
    expect(run).toMatchObject({
      status: 'completed',
      checked: 4,
      same: 1,
      corrected: 3,
      failed: 0,
    });
    expect(await operator.statesOf(untouched.user)).toEqual(['active']);
    expect(await operator.statesOf(renewed.user)).toEqual(['active']);
    expect(Date.parse(await untilOf(renewed.user))).toBeGreaterThan(Date.parse(before));
    expect(await operator.statesOf(refunded.user)).toEqual(['refunded']);
    expect(await operator.statesOf(taken.user)).toEqual([revoked]);

    const entriesOf = ({ purchaseId }: Presented) => operator.drift(`purchaseId=${purchaseId}`);
    const guess = 'missed-event';
    const correctedAt = expect.any(String) as unknown;
    const said = [null, expect.any(String)] as unknown;
    expect(await entriesOf(untouched)).toEqual([]);
    expect(await entriesOf(renewed)).toMatchObject([
      {
        kind: 'period',
        guess,
        changes: { periodEndsAt: [before, expect.any(String)] },
        correctedAt,
      },
    ]);
    expect(await entriesOf(refunded)).toMatchObject([
      {
        kind: 'state',
        guess,
        stateBefore: 'active',
        stateAfter: 'refunded',
        changes: { refundedAt: said },
        sinceIs: 'provider',
        correctedAt,
      },
    ]);
    expect(await entriesOf(taken)).toMatchObject([
      { kind: 'state', guess, stateAfter: revoked, changes: { [revokedBy]: said }, correctedAt },
    ]);

    const written = await operator.written();
    expect(await operator.reconcile()).toMatchObject({
      status: 'completed',
      checked: 4,
      same: 4,
      corrected: 0,
    });
    expect(await operator.written()).toBe(written);
  });

  test('what one host has seen keeps out nothing that another sees later, whatever their clocks say', async () => {
    const { user, do: ask } = await onAnotherHost(presented);
    await ask('cancel');
    expect((await operator.compare(user)).body.items).toMatchObject([{ outcome: 'corrected' }]);
    expect(await operator.statesOf(user)).toEqual(['cancelled']);
  });

  test('a payment that comes after all gives it back', async () => {
    const { user, do: ask } = await presented();
    await ask('fail-card');
    await operator.reconcile();
    expect(await operator.statesOf(user)).toEqual(['grace']);
    await ask('recover');
    expect(await operator.reconcile()).toMatchObject({ corrected: 1 });
    expect(await operator.statesOf(user)).toEqual(['active']);
  });

  test('a store that does not answer takes nothing from anybody', async () => {
    const { user, do: ask } = await presented();
    await ask('refund');
    const { name } = store.stand.provider;
    const written = await operator.written();
    store.stand.sandbox.misbehave(name, { status: 403 });
    expect((await operator.compare(user)).body.items).toMatchObject([
      { outcome: 'failed', errorCode: 'UPSTREAM_REJECTED' },
    ]);
    expect(await operator.written()).toBe(written);
    expect(await operator.statesOf(user)).toEqual(['active']);
    store.stand.sandbox.heal(name);
    expect((await operator.compare(user)).body.items).toMatchObject([{ outcome: 'corrected' }]);
    expect(await operator.statesOf(user)).toEqual(['refunded']);
  });
});
