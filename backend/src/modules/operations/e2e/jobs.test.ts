import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
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

const card = (queue: string): Locator => page.getByRole('region', { name: queue });
const rows = (): Locator => page.getByRole('table', { name: 'Jobs' }).locator('tbody tr');

async function enqueue(kind: 'work' | 'fragile' | 'patient', ...notes: string[]): Promise<void> {
  for (const note of notes)
    await stage.app.request
      .post(`/api/v1/operable/${kind}`)
      .set('authorization', `Bearer ${stage.admin.accessToken}`)
      .send({ note })
      .expect(202);
}

/** By the address, as a link from elsewhere. */
async function show(filter: string): Promise<void> {
  await page.goto(`${stage.app.url}/admin/#/jobs?${filter}`);
  await page.getByRole('heading', { level: 1, name: 'Jobs' }).waitFor();
}

test('a queue is paused, after a question, and resumed', async () => {
  await goTo(page, 'Queues');
  await card('operable.work').getByRole('button', { name: 'Pause operable.work' }).click();
  await inDialog(page, 'Pause');
  await told(page, 'operable.work is paused.');
  await card('operable.work').getByText('Paused').waitFor();

  await enqueue('work', 'waits for its queue');
  await card('operable.work')
    .getByRole('link', { name: '1 queued jobs of operable.work' })
    .waitFor();
  expect(stage.operable.done).toEqual([]);

  await card('operable.work').getByRole('button', { name: 'Resume operable.work' }).click();
  await told(page, 'operable.work goes on.');
  await card('operable.work').getByText('Idle').waitFor();
  expect(stage.operable.done).toEqual(['waits for its queue']);
});

test('work is enqueued by the form that its module describes', async () => {
  await goTo(page, 'Queues');
  await page.getByRole('button', { name: 'Enqueue: Sync' }).click();
  const dialog = page.getByRole('dialog', { name: 'Sync' });
  await dialog.getByLabel('Game').selectOption('chess');
  await dialog.getByLabel('Set').selectOption('First of chess');
  // Where the choices cannot be read, the value can be typed.
  await dialog.getByRole('textbox', { name: 'A select whose provider is down' }).fill('');
  await inDialog(page, 'Enqueue');
  await told(page, 'Sync of chess-1 begun');
  await show('state=completed&search=chess-1');
  await expectRows(1);
  expect(stage.operable.done).toContain('sync chess-1');
});

test('what has failed for good is shown with its error, its attempts and nothing secret', async () => {
  await enqueue('fragile', 'first');
  await show('state=dead');
  await rows().first().getByText('The provider refused first').waitFor();
  await rows().first().getByText('1 of 1').waitFor();
  await rows().first().getByRole('link').click();
  await page.getByRole('group', { name: 'Payload' }).getByText('"note": "first"').waitFor();
  await page.getByRole('table', { name: 'Attempts that failed' }).waitFor();
  expect(await page.content()).not.toContain('hunter2');
});

test('a dead job is redriven from its page, and done', async () => {
  stage.operable.broken = false;
  await page.getByRole('button', { name: 'Redrive' }).click();
  await told(page, '1 job went back to the queue.');
  await page.getByText('Completed', { exact: true }).waitFor();
  expect(stage.operable.done).toContain('first');
  stage.operable.broken = true;
});

test('many are selected and redriven at once, the others stay', async () => {
  await enqueue('fragile', 'a', 'b', 'c');
  await show('state=dead&queue=operable.fragile');
  await expectRows(3);
  await rows().filter({ hasText: 'refused a' }).getByRole('checkbox').check();
  await rows().filter({ hasText: 'refused b' }).getByRole('checkbox').check();
  await page.getByText('2 selected').waitFor();
  stage.operable.broken = false;
  await page.getByRole('button', { name: 'Redrive', exact: true }).click();
  await told(page, '2 jobs went back to the queue.');
  await expectRows(1);
  await rows().filter({ hasText: 'refused c' }).waitFor();
  stage.operable.broken = true;
});

test('the rest is found by its text, exported as CSV and discarded after a question', async () => {
  await enqueue('fragile', '=cmd()');
  await expectRows(2);
  await page.getByLabel('Text in the error or the payload').fill('cmd');
  await page.getByRole('button', { name: 'Search' }).click();
  await expectRows(1);

  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export CSV' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('jobs-dead.csv');
  const [head, row, ...more] = readFileSync(await file.path(), 'utf8')
    .trim()
    .split('\r\n');
  expect(head).toMatch(/^id,queue,state,attempts,/);
  expect(row).toContain('operable.fragile,dead,1,1,');
  expect(row).not.toContain('hunter2');
  expect(more).toEqual([]);

  await page.getByRole('checkbox', { name: 'Select all 1' }).check();
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.getByRole('dialog').getByText('unless somebody retries it').waitFor();
  await inDialog(page, 'Cancel');
  await page.getByRole('button', { name: 'Discard' }).click();
  await inDialog(page, 'Discard');
  await told(page, '1 job discarded.');
  await page.getByText('No dead job is like that.').waitFor();
});

test('what was discarded counts as failed, and a retry brings it back', async () => {
  stage.operable.broken = false;
  await page.getByRole('radio', { name: 'Failed' }).check();
  await expectRows(1);
  await rows().first().getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await told(page, '1 job will run now.');
  await expectRows(0);
  await show('state=completed&search=cmd');
  await expectRows(1);
  stage.operable.broken = true;
});

test('what waits for its next attempt is run at once', async () => {
  await enqueue('patient', 'in ten minutes');
  await show('state=retrying');
  await expectRows(1);
  stage.operable.broken = false;
  await page.getByRole('checkbox', { name: /^Select all/ }).check();
  await page.getByRole('button', { name: 'Retry now' }).click();
  await told(page, '1 job will run now.');
  await expectRows(0);
  expect(stage.operable.done).toContain('in ten minutes');
  stage.operable.broken = true;
});

test('all dead jobs of a queue go back from its card', async () => {
  await goTo(page, 'Queues');
  await enqueue('fragile', 'one more');
  stage.operable.broken = true;
  await card('operable.fragile')
    .getByRole('link', { name: /dead jobs/ })
    .filter({ hasText: '2' })
    .waitFor();
  stage.operable.broken = false;
  await card('operable.fragile').getByRole('button', { name: 'Redrive 2 dead' }).click();
  await inDialog(page, 'Redrive');
  await told(page, '2 went back to operable.fragile.');
  await card('operable.fragile')
    .getByRole('link', { name: /dead jobs/ })
    .waitFor({ state: 'detached' });
});

test('all of it is in the audit log, with who did it', async () => {
  await goTo(page, 'Audit');
  const entries = page.getByRole('table', { name: 'Audit entries' });
  for (const action of [
    'queues.pause',
    'queues.resume',
    'actions.run',
    'jobs.redrive',
    'jobs.retry',
    'jobs.discard',
  ])
    await entries.getByText(action).first().waitFor();
  await entries.getByText(stage.admin.email).first().waitFor();
});

async function expectRows(count: number): Promise<void> {
  if (count === 0) await page.locator('.empty strong').waitFor();
  else {
    await rows()
      .nth(count - 1)
      .waitFor();
    await rows().nth(count).waitFor({ state: 'detached' });
  }
}
