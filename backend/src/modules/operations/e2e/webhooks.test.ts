import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { Client } from 'pg';
import { sign, webhookModule, webhookTables } from '../../../../test/fixtures/webhook-module.ts';
import { blemishes, findings } from './support/look.ts';
import { goTo, inDialog, openStage, openWithinMs, told, type Stage } from './support/stage.ts';

const failures = new Map<string, number>();
/** Whether the server can handle what it could not when it came in. */
const later = { handles: false };
let stage: Stage;
let page: Page;

/** Its handlers grow, as they do with a release. */
function growing() {
  const module = webhookModule(failures);
  return {
    ...module,
    create(...given: Parameters<typeof module.create>) {
      const parts = module.create(...given);
      return {
        ...parts,
        webhooks: (parts.webhooks ?? []).map((webhook) => ({
          ...webhook,
          get handlers() {
            return later.handles
              ? { ...webhook.handlers, 'something.new': () => Promise.resolve() }
              : webhook.handlers;
          },
        })),
      };
    },
  };
}

beforeAll(async () => {
  stage = await openStage({ modules: [growing()], environment: { JOBS_POLL_MS: '500' } });
  ({ page } = stage.visit);
  await sql(webhookTables);
}, openWithinMs);
afterAll(async () => {
  await stage.end();
});
afterEach(() => {
  expect(stage.visit.faults).toEqual([]);
});

async function sql(statement: string): Promise<void> {
  const client = new Client({ connectionString: stage.app.database.url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

async function send(id: string, more: object = {}): Promise<void> {
  const body = JSON.stringify({ id, type: 'thing.happened', ...more });
  const { status } = await fetch(`${stage.app.url}/api/v1/webhooks/sender`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-signature': sign(body) },
    body,
  });
  expect(status).toBe(200);
}

const row = (eventId: string): Locator =>
  page
    .getByRole('table', { name: 'Webhooks' })
    .locator('tbody tr')
    .filter({
      has: page.getByRole('checkbox', { name: `Select webhook ${eventId}`, exact: true }),
    });
const inState = (eventId: string, state: string): Promise<void> =>
  row(eventId).getByText(state, { exact: true }).waitFor();

test('what comes in appears by itself, and can be searched', async () => {
  await goTo(page, 'Webhooks');
  await page.getByText('Nothing came in yet.').waitFor();
  await page.getByText('Live', { exact: true }).waitFor();
  await send('first');
  await send('second', { type: 'something.odd' });
  await inState('first', 'Processed');
  await inState('second', 'Parked');
  await page.getByLabel('Type').fill('something.*');
  await page.getByRole('button', { name: 'Search' }).click();
  await row('first').waitFor({ state: 'detached' });
  await row('second').waitFor();
  await page.getByLabel('Text').fill('nothing like it');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('No webhook is like that.').waitFor();
});

test('one that has failed is shown with what is known of it, and replayed', async () => {
  failures.set('unlucky', 2);
  await send('unlucky', { person: 'ada@example.com' });
  await page.goto(`${stage.app.url}/admin/#/webhooks?state=failed`);
  await inState('unlucky', 'Failed');
  await row('unlucky').getByRole('link').click();
  await page.getByRole('group', { name: 'Error' }).getByText('no luck for [email]').waitFor();
  await page.getByRole('group', { name: 'What is kept' }).getByText('[email]').waitFor();
  await page.getByText('Dead', { exact: true }).waitFor();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('button', { name: 'Replay' }).click();
  await told(page, '1 webhook went to its handler again.');
  await page.getByText('Processed', { exact: true }).first().waitFor();
  await page.locator('dd').getByText('Processed', { exact: true }).waitFor();
  const request = page.locator('a[href*="requestId="]');
  await request.click();
  await page.getByRole('list', { name: 'Log lines' }).getByText('webhook').first().waitFor();
});

test('what was parked is replayed once somebody handles it', async () => {
  await send('early', { type: 'something.new' });
  await page.goto(`${stage.app.url}/admin/#/webhooks?state=parked`);
  await inState('early', 'Parked');
  later.handles = true;
  await row('early').getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Replay', exact: true }).click();
  await page.getByRole('dialog', { name: 'Replay 1 webhook?' }).waitFor();
  await inDialog(page, 'Replay');
  await told(page, '1 webhook went to its handler again.');
  await page.getByRole('radio', { name: 'Processed' }).check();
  await inState('early', 'Processed');
});

test('those of a time are replayed after a question that says how many', async () => {
  for (const id of ['ranged-1', 'ranged-2', 'ranged-3']) {
    failures.set(id, 2);
    await send(id);
  }
  await page.goto(`${stage.app.url}/admin/#/webhooks?state=failed`);
  for (const id of ['ranged-1', 'ranged-2', 'ranged-3']) await inState(id, 'Failed');
  await page.getByRole('button', { name: 'Replay a range…' }).click();
  expect(await findings(page)).toEqual([]);
  await page.getByRole('dialog').getByLabel('Came from').fill('2020-01-01T00:00');
  await page.getByRole('dialog').getByLabel('To').fill('2020-01-02T00:00');
  await inDialog(page, 'Count them');
  await page
    .getByRole('dialog')
    .getByText('No failed webhook of sender came in that time.')
    .waitFor();
  await page.getByRole('dialog').getByLabel('To').fill('2090-01-01T00:00');
  await inDialog(page, 'Count them');
  await page.getByRole('dialog', { name: 'Replay 3 webhooks of sender?' }).waitFor();
  await inDialog(page, 'Replay');
  await told(page, '3 webhooks went to their handlers again.');
  await page.getByText('No webhook is like that.').waitFor();
  await goTo(page, 'Audit');
  await page.getByRole('radio', { name: 'Webhooks' }).check();
  await page.getByText('webhooks.replay').first().waitFor();
});

test('more than the server takes up at a time are replayed to the last', async () => {
  await sql(
    `insert into bulwark.webhook_events (provider, event_id, type, state, kept, received_at, request_id)
     select 'sender', 'old-' || n, 'nobody.knows', 'parked', '{}', timestamptz '2020-06-01', 'test'
     from generate_series(1, 1234) as n`,
  );
  await page.goto(`${stage.app.url}/admin/#/webhooks`);
  await page.getByRole('button', { name: 'Replay a range…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('State').selectOption('Any');
  await dialog.getByLabel('Came from').fill('2020-05-01T00:00');
  await dialog.getByLabel('To').fill('2020-07-01T00:00');
  await inDialog(page, 'Count them');
  await page.getByRole('dialog', { name: 'Replay 1,234 webhooks of sender?' }).waitFor();
  await inDialog(page, 'Replay');
  await told(page, '1,234 webhooks went to their handlers again.');
  await sql(`delete from bulwark.webhook_events where event_id like 'old-%'`);
});

test('it is whole in both themes, on a phone', async () => {
  const { page: phone } = await stage.browser.open({
    viewport: { width: 390, height: 844 },
    storageState: await page.context().storageState(),
  });
  await phone.goto(`${stage.app.url}/admin/#/webhooks`);
  await phone.getByRole('table', { name: 'Webhooks' }).waitFor();
  expect(await blemishes(phone)).toEqual([]);
  await phone.context().close();
});
