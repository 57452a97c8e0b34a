import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { apple } from '../../../../local/providers/apple.ts';
import { google } from '../../../../local/providers/google.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import { stripe } from '../../../../local/providers/stripe.ts';
import type { TestUser } from '../../../../test/support/app.ts';
import { modules } from '../../../modules.ts';
import { blemishes, findings } from './support/look.ts';
import { goTo, openStage, openWithinMs, told, type Stage } from './support/stage.ts';

const billing = modules.filter(({ name }) => name === 'billing');

// It is shown where it is there: without the module there is nothing to be tested.
(billing.length > 0 ? describe : describe.skip)('billing in the console', () => {
  let sandbox: Sandbox;
  let stage: Stage;
  let page: Page;
  let ann: TestUser;

  beforeAll(async () => {
    sandbox = await startSandbox({ providers: [stripe, apple, google] });
    stage = await openStage({ modules: billing, environment: sandbox.environment });
    sandbox.deliverTo(stage.app.url);
    ({ page } = stage.visit);
    ann = await stage.app.signUp();
  }, openWithinMs);
  afterAll(async () => {
    await stage.end();
    await sandbox.close();
  });
  afterEach(() => {
    expect(stage.visit.faults).toEqual([]);
  });

  async function command<T = { id: string }>(
    name: string,
    body: object,
    store = 'stripe',
  ): Promise<T> {
    const answer = await fetch(`${sandbox.url}/_sandbox/${store}/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as T;
  }
  async function lookUp(text: string): Promise<void> {
    await goTo(page, 'Billing');
    await page.getByRole('searchbox').fill(text);
    await page.getByRole('button', { name: 'Look up' }).click();
  }
  const entitlements = () => page.getByRole('table', { name: 'Entitlements' });
  let subscription: string;

  test('a customer is looked up by email, with what may be used, why, until when and from whom', async () => {
    await goTo(page, 'Billing');
    await page.getByText('No purchase is here.').waitFor();
    await lookUp(ann.email.toUpperCase());
    await page.getByRole('list', { name: 'Customers' }).getByRole('link').click();
    await page.getByText('Nothing may be used.').waitFor();
    ({ id: subscription } = await command('buy', {
      userId: ann.userId,
      price: 'price_sandbox_pro_monthly',
    }));
    await entitlements().getByText('Pro, monthly').waitFor();
    await entitlements().getByText('stripe').waitFor();
    await entitlements().getByText(', then renews').waitFor();
    expect(await findings(page)).toEqual([]);
  });

  test('a purchase has its history, and each entry leads to the webhook that told it', async () => {
    await entitlements().getByRole('link', { name: 'Pro, monthly' }).click();
    const history = page.getByRole('table', { name: 'History' });
    await history.waitFor();
    expect(await findings(page)).toEqual([]);
    await history.getByRole('link').first().click();
    await page.getByRole('heading', { level: 1, name: 'Webhooks' }).waitFor();
    await page.getByRole('table', { name: 'Webhooks' }).getByText('Processed').waitFor();
  });

  test('what a lost webhook left wrong is mended by the button, and stands in the ledger', async () => {
    await command('webhook', { lost: true });
    await command('refund', { subscription });
    await goTo(page, 'Billing');
    await page.getByRole('radio', { name: 'Reconciliation' }).check();
    await page.getByText('Nothing was compared yet.').waitFor();
    await page.getByLabel('Whom to compare with').selectOption('stripe');
    await page.getByRole('button', { name: 'Compare now' }).click();
    await told(page, 'stripe is being compared.');
    await page
      .getByRole('table', { name: 'Reconciliations' })
      .getByText('Completed')
      .waitFor({ timeout: 30_000 });
    const drift = page.getByRole('table', { name: 'Drift' });
    await drift.getByText('Active then Refunded').waitFor();
    expect(await findings(page)).toEqual([]);
    await command('webhook', {});
  }, 60_000);

  test('one user is compared at once, with what came of it', async () => {
    await lookUp(ann.userId);
    await page.getByRole('list', { name: 'Customers' }).getByRole('link').click();
    await page.getByRole('button', { name: 'Compare with the providers' }).click();
    await told(page, '1 compared: 0 corrected');
    await page.getByRole('table', { name: 'Purchases' }).getByText('Refunded').waitFor();
    await goTo(page, 'Audit');
    await page.getByRole('radio', { name: 'Billing' }).check();
    await page.getByText('billing.reconcile-user').waitFor();
  });

  test('what is bought, renewed and undone in each store is seen', async () => {
    const ben = await stage.app.signUp();
    const stores = [
      ['Stripe', 'price_sandbox_team_monthly', 'Refund', 'stripe', 'Refunded'],
      ['App Store', 'sandbox.pro.monthly', 'Refund', 'apple', 'Refunded'],
      ['Google Play', 'sandbox_pro_monthly', 'Pause', 'google', 'Paused'],
    ] as const;
    for (const [title, product, undo, seller, state] of stores) {
      await goTo(page, 'Billing');
      await page.getByRole('radio', { name: 'Sandbox' }).check();
      await page.getByRole('radio', { name: title }).check();
      await page.getByLabel('Id of the user').fill(ben.userId);
      await page.getByLabel('Product').selectOption(product);
      await page.getByRole('button', { name: 'Buy', exact: true }).click();
      await told(page, `${product} is bought.`);
      const sold = page.getByRole('table', { name: 'Sold' }).locator('tbody tr').first();
      await sold.getByText(product).first().waitFor();
      const sent = page.getByRole('table', { name: 'Webhooks sent' }).locator('tbody tr').first();
      await sent.getByText('Yes').waitFor();
      for (const what of ['Renew', undo]) {
        await sold.getByRole('combobox').selectOption(what);
        await sold.getByRole('button').click();
        await told(page, `Done to ${product}: ${what.toLowerCase()}.`);
      }
      await lookUp(ben.email);
      await page
        .getByRole('table', { name: 'Purchases' })
        .getByRole('row')
        .filter({ hasText: ben.email })
        .filter({ hasText: `${seller} ` })
        .getByText(state)
        .waitFor();
    }
  }, 90_000);

  test('webhooks of the sandbox go amiss as they are told to', async () => {
    await goTo(page, 'Billing');
    await page.getByRole('radio', { name: 'Sandbox' }).check();
    const sentSo = async (mode: string): Promise<void> => {
      await page.getByLabel('How webhooks are sent').selectOption(mode);
      await page.getByRole('button', { name: 'Send them so' }).click();
      await told(page, `Webhooks from now on: ${mode.toLowerCase()}.`);
    };
    await sentSo('Lost');
    await page.getByRole('button', { name: 'Advance' }).click();
    await told(page, 'The clock is advanced.');
    await sentSo('As they should be');
    await page
      .getByRole('button', { name: /^Send again: evt_/ })
      .first()
      .click();
    await told(page, 'It is sent again.');
    await goTo(page, 'Audit');
    await page.getByRole('radio', { name: 'Sandbox' }).check();
    await page.getByText('sandbox.command').first().waitFor();
  }, 60_000);

  test('what the sandbox cannot do it says in words', async () => {
    await goTo(page, 'Billing');
    await page.getByRole('radio', { name: 'Sandbox' }).check();
    const sold = page.getByRole('table', { name: 'Sold' }).locator('tbody tr').first();
    await sold.getByRole('combobox').selectOption('Pay after all');
    await sold.getByRole('button').click();
    await told(page, 'It has no open invoice');
    stage.visit.forgive();
  });

  test('a purchase that two users present is a fraud signal with both of them, at once', async () => {
    const [owner, other] = [await stage.app.signUp(), await stage.app.signUp()];
    const { purchaseToken } = await command<{ purchaseToken: string }>(
      'buy',
      { product: 'sandbox_pro_monthly' },
      'google',
    );
    const present = (who: TestUser) =>
      stage.app.request
        .post('/api/v1/purchases/google')
        .set('authorization', `Bearer ${who.accessToken}`)
        .send({ purchaseToken, kind: 'subscription' });
    await present(owner).expect(200);
    await goTo(page, 'Billing');
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('radio', { name: 'Fraud signals' }).check();
    await page.getByText('No fraud signals').waitFor();

    const watcher = await stage.app.connect(stage.admin.accessToken);
    await watcher.timeout(15_000).emitWithAck('operations:watch', {});
    const changed = new Promise<void>((resolve) => {
      watcher.on('operations:changed', ({ topics }: { topics: string[] }) => {
        if (topics.includes('billing')) resolve();
      });
    });
    await present(other).expect(409);
    await changed;
    const signals = page.getByRole('table', { name: 'Fraud signals' });
    const signal = signals.getByRole('row').filter({ hasText: other.email });
    await signal.getByRole('link', { name: owner.email }).waitFor();
    expect(await findings(page)).toEqual([]);
    await signal.getByRole('link', { name: 'Pro, monthly' }).click();
    await page.getByRole('heading', { level: 1, name: /^Purchase / }).waitFor();
    await signal.waitFor();
  }, 60_000);

  test('it is whole in both themes, on a phone', async () => {
    const { page: phone } = await stage.browser.open({
      viewport: { width: 390, height: 844 },
      storageState: await page.context().storageState(),
    });
    const customer = `/customers/${ann.userId}`;
    for (const view of ['', '?view=drift', '?view=fraud', '?view=sandbox', customer]) {
      await phone.goto(`${stage.app.url}/admin/#/billing${view}`);
      await phone.getByRole('table').first().waitFor();
      expect([view, await blemishes(phone)]).toEqual([view, []]);
    }
    await phone.context().close();
  }, 150_000);
});
