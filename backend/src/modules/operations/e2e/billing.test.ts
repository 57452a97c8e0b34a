import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { stripe } from '../../../../local/providers/stripe.ts';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import type { TestUser } from '../../../../test/support/app.ts';
import { modules } from '../../../modules.ts';
import { findings, widthOf } from './support/look.ts';
import { goTo, openStage, openWithinMs, told, type Stage } from './support/stage.ts';

const billing = modules.filter(({ name }) => name === 'billing');

// It is shown where it is there: without the module there is nothing to be tested.
(billing.length > 0 ? describe : describe.skip)('billing in the console', () => {
  let sandbox: Sandbox;
  let stage: Stage;
  let page: Page;
  let ann: TestUser;

  beforeAll(async () => {
    sandbox = await startSandbox({ providers: [stripe] });
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

  async function command(name: string, body: object): Promise<{ id: string }> {
    const answer = await fetch(`${sandbox.url}/_sandbox/stripe/${name}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as { id: string };
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
    await page.getByRole('button', { name: 'Compare now' }).click();
    await told(page, 'stripe is being compared.');
    await page
      .getByRole('table', { name: 'Reconciliations' })
      .getByText('Completed')
      .waitFor({ timeout: 30_000 });
    const drift = page.getByRole('table', { name: 'Drift' });
    await drift.getByText('Active, then Refunded').waitFor();
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

  test('what is bought and refunded in the sandbox is seen, and a lost webhook is not', async () => {
    const ben = await stage.app.signUp();
    await goTo(page, 'Billing');
    await page.getByRole('radio', { name: 'Sandbox' }).check();
    await page.getByLabel('Id of the user').fill(ben.userId);
    await page.getByLabel('Product').selectOption('price_sandbox_team_monthly');
    await page.getByRole('button', { name: 'Buy', exact: true }).click();
    await told(page, 'price_sandbox_team_monthly is bought.');
    const sold = page.getByRole('table', { name: 'Sold' }).locator('tbody tr').first();
    await sold.getByText('price_sandbox_team_monthly').first().waitFor();
    await page.getByRole('table', { name: 'Webhooks sent' }).getByText('Yes').first().waitFor();
    expect(await findings(page)).toEqual([]);

    await sold.getByRole('combobox').selectOption('Refund');
    await sold.getByRole('button').click();
    await told(page, 'Done: refund.');
    await lookUp(ben.email);
    const bens = page.getByRole('row').filter({ hasText: ben.email });
    await bens.getByText('Refunded').waitFor();

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

  test('there is a list of fraud signals', async () => {
    await goTo(page, 'Billing');
    await page.getByRole('radio', { name: 'Fraud signals' }).check();
    await page.getByText('No fraud signals').waitFor();
  });

  test.each(['light', 'dark'] as const)(
    'it is whole in the %s theme and on a phone',
    async (colorScheme) => {
      const { page: phone } = await stage.browser.open({
        colorScheme,
        viewport: { width: 390, height: 844 },
        storageState: await page.context().storageState(),
      });
      for (const view of ['', '?view=drift', '?view=sandbox', `/customers/${ann.userId}`]) {
        await phone.goto(`${stage.app.url}/admin/#/billing${view}`);
        await phone.getByRole('table').first().waitFor();
        expect([view, await findings(phone)]).toEqual([view, []]);
        expect([view, await widthOf(phone)]).toEqual([view, 390]);
      }
      await phone.context().close();
    },
    60_000,
  );
});
