import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { until } from '../../../../test/support/log-store.ts';
import { goTo, inDialog, openStage, openWithinMs, told, type Stage } from './support/stage.ts';

let stage: Stage;
let page: Page;

beforeAll(async () => {
  stage = await openStage();
  ({ page } = stage.visit);
}, openWithinMs);
afterAll(async () => {
  await stage.end();
});
afterEach(() => {
  expect(stage.visit.faults).toEqual([]);
});

const lines = (): Locator => page.locator('.log-row');
/** Has the server log an error under this request id. */
const fail = (requestId: string) =>
  stage.app.request.get('/api/v1/operable/fails').set('x-request-id', requestId).expect(500);
/** Lines are stored behind the request: its failure, and its own line. */
const stored = (requestId: string) =>
  until(async () => {
    const answer = await stage.app.request
      .get(`/api/v1/admin/logs?requestId=${requestId}`)
      .set('authorization', `Bearer ${stage.admin.accessToken}`)
      .expect(200);
    return (answer.body as { rows: unknown[] }).rows.length > 1;
  });

/** Until the search is answered, those of before are there. */
async function oneFailure(): Promise<void> {
  const failures = lines().filter({ hasText: 'request failed' });
  await failures.nth(1).waitFor({ state: 'detached' });
  await failures.waitFor();
}

test('logs are found by level, text and request id', async () => {
  await fail('e2e-request-1');
  await fail('e2e-request-2');
  await stored('e2e-request-1');
  await goTo(page, 'Logs');
  await page.getByLabel('Request id').fill('e2e-request-1');
  await page.getByRole('button', { name: 'Search' }).click();
  // The failure, and the line of the request.
  await oneFailure();
  await lines().nth(1).waitFor();
  await page.getByLabel('Level').selectOption('error and worse');
  await lines().nth(1).waitFor({ state: 'detached' });
  await lines().first().waitFor();
  expect(await lines().count()).toBe(1);
  await page.getByRole('button', { name: 'Clear' }).click();
  // The form of before is gone, with what would be typed into it.
  await page.getByRole('button', { name: 'Clear' }).waitFor({ state: 'detached' });
  await page.getByLabel('Text').fill('no such line as this one');
  await page.getByRole('button', { name: 'Search' }).click();
  await page.getByText('No line is like that.').waitFor();
});

test('a line leads to all lines of its request', async () => {
  await page.goto(`${stage.app.url}/admin/#/logs?level=error`);
  await lines().filter({ hasText: 'e2e-requ' }).first().locator('summary').click();
  await page.getByRole('group', { name: 'Fields' }).waitFor();
  await page.getByRole('button', { name: 'All lines of this request' }).click();
  await oneFailure();
  expect(await page.getByLabel('Request id').inputValue()).toMatch(/^e2e-request-/);
});

test('the live tail shows what comes, of what is looked for alone', async () => {
  await page.goto(`${stage.app.url}/admin/#/logs?requestId=e2e-request-3`);
  await page.getByText('No line is like that.').waitFor();
  await page.getByRole('switch', { name: 'Live tail' }).click();
  await fail('e2e-request-4');
  await fail('e2e-request-3');
  await lines().nth(1).waitFor();
  expect(await lines().filter({ hasText: 'e2e-request-4' }).count()).toBe(0);
  await page.getByRole('switch', { name: 'Live tail' }).click();
});

const flag = (name: string): Locator => page.getByRole('row').filter({ hasText: name });

test('a flag is made, changed, switched and deleted', async () => {
  await goTo(page, 'Flags');
  await page.getByText('There is no flag.').waitFor();
  await page.getByRole('button', { name: 'New flag' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('e2e.new-search');
  await dialog.getByLabel('Description').fill('The new search');
  await dialog.getByLabel(/^Share of users/).fill('25');
  await dialog.getByRole('checkbox', { name: 'admin' }).check();
  await inDialog(page, 'Save');
  await told(page, 'e2e.new-search is saved.');
  await flag('e2e.new-search').getByText('25 % of users, role admin').waitFor();

  await flag('e2e.new-search').getByRole('switch').click();
  await told(page, 'e2e.new-search is off.');
  await flag('e2e.new-search').getByText('nobody').waitFor();

  await page.getByRole('button', { name: 'Change e2e.new-search' }).click();
  await dialog.getByRole('checkbox', { name: 'On', exact: true }).check();
  await dialog.getByLabel(/^Share of users/).fill('100');
  await inDialog(page, 'Save');
  await flag('e2e.new-search').getByText('everybody').waitFor();
  await flag('e2e.new-search').getByText(stage.admin.email).waitFor();

  await page.getByRole('button', { name: 'Delete e2e.new-search' }).click();
  await inDialog(page, 'Delete');
  await page.getByText('There is no flag.').waitFor();
});

test('what somebody else changed in the meantime is not overwritten', async () => {
  const { request } = stage.app;
  const asAdmin = { authorization: `Bearer ${stage.admin.accessToken}` };
  await request.put('/api/v1/admin/flags/e2e.shared').set(asAdmin).send({ enabled: true });
  await page.getByRole('button', { name: 'Change e2e.shared' }).click();
  await request
    .put('/api/v1/admin/flags/e2e.shared')
    .set(asAdmin)
    .send({ enabled: true, description: 'By the other one' });
  await inDialog(page, 'Save');
  await page.getByRole('dialog').getByRole('alert').filter({ hasText: /\w/ }).waitFor();
  await inDialog(page, 'Cancel');
  await flag('e2e.shared').getByText('By the other one').waitFor();
  // The refusal is a 409, which Chromium writes to its console.
  expect(stage.visit.faults).toEqual([expect.stringContaining('409')]);
  stage.visit.forgive();
});

test('who is connected is shown, and a socket is ended', async () => {
  const guest = await stage.app.signUp();
  const socket = await stage.app.connect(guest.accessToken);
  await goTo(page, 'Sessions');
  const row = page
    .getByRole('table', { name: 'Sockets' })
    .getByRole('row')
    .filter({ hasText: guest.email });
  await row.getByText(`process ${process.pid}`).waitFor();
  const ended = new Promise((resolve) => socket.once('disconnect', resolve));
  await row.getByRole('button').click();
  await inDialog(page, 'End it');
  await told(page, 'The socket is ended.');
  expect(await ended).toBe('io server disconnect');
  await row.waitFor({ state: 'detached' });
});
