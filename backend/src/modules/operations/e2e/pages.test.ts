import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { findings } from './support/look.ts';
import { fillSignIn, goTo, openStage, openWithinMs, signIn, type Stage } from './support/stage.ts';

let stage: Stage;

beforeAll(async () => {
  stage = await openStage();
  // Something to be seen on each page.
  const asAdmin = { authorization: `Bearer ${stage.admin.accessToken}` };
  const { request } = stage.app;
  await request.post('/api/v1/operable/fragile').set(asAdmin).send({ note: 'seen' }).expect(202);
  await request.get('/api/v1/operable/fails').expect(500);
  await request.put('/api/v1/admin/flags/seen').set(asAdmin).send({ enabled: true });
}, openWithinMs);
afterAll(async () => {
  await stage.end();
});

const places = ['Overview', 'Queues', 'Jobs', 'Logs', 'Providers', 'Flags', 'Sessions', 'Audit'];

/** Nothing is being fetched for the first time any more. */
const loaded = (page: Page): Promise<void> =>
  page.locator('.bones').first().waitFor({ state: 'detached' });

describe.each(['light', 'dark'] as const)('in the %s theme', (colorScheme) => {
  test('axe finds no fault on any page, and the policy refuses nothing', async () => {
    const { page, faults } = await stage.browser.open({ colorScheme });
    await page.goto(`${stage.app.url}/admin/`);
    await page.getByLabel('Email').waitFor();
    expect(await findings(page, colorScheme)).toEqual([]);
    await signIn(page, `${stage.app.url}/admin/`, stage.admin);
    for (const place of places) {
      await goTo(page, place);
      await loaded(page);
      expect([place, await findings(page, colorScheme)]).toEqual([place, []]);
    }
    await goTo(page, 'Jobs');
    await page.getByRole('table', { name: 'Jobs' }).getByRole('link').first().click();
    await page.getByRole('group', { name: 'Payload' }).waitFor();
    expect(await findings(page, colorScheme)).toEqual([]);
    await goTo(page, 'Flags');
    await page.getByRole('button', { name: 'New flag' }).click();
    await page.getByRole('dialog').waitFor();
    expect(await findings(page, colorScheme)).toEqual([]);
    expect(await page.evaluate('document.documentElement.dataset.theme')).toBe(colorScheme);
    expect(faults).toEqual([]);
    await page.context().close();
  }, 150_000);
});

test('the theme is chosen by hand, and kept', async () => {
  const { page } = stage.visit;
  const shown = () => page.evaluate('document.documentElement.dataset.theme');
  await page.getByRole('button', { name: 'Dark theme' }).click();
  expect(await shown()).toBe('dark');
  await page.reload();
  await page.getByRole('button', { name: 'Light theme' }).waitFor();
  expect(await shown()).toBe('dark');
});

test('on a phone nothing is wider than the screen', async () => {
  const { page, faults } = await stage.browser.open({ viewport: { width: 390, height: 844 } });
  await signIn(page, `${stage.app.url}/admin/`, stage.admin);
  for (const place of places) {
    await goTo(page, place);
    await loaded(page);
    expect([place, await page.evaluate('document.documentElement.scrollWidth')]).toEqual([
      place,
      390,
    ]);
  }
  expect(faults).toEqual([]);
  await page.context().close();
}, 60_000);

test('a keyboard alone leads through the page', async () => {
  const { page } = await stage.browser.open();
  await fillSignIn(page, `${stage.app.url}/admin/`, stage.admin);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  const focused = (): Promise<unknown> =>
    page.evaluate('document.activeElement.innerText || document.activeElement.ariaLabel');
  // Whoever goes to a page is told its name.
  expect(await focused()).toBe('Overview');
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate('document.activeElement.closest("header") !== null')).toBe(true);
  await goTo(page, 'Flags');
  await page.getByRole('button', { name: 'New flag' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  expect(await focused()).toBe('New flag');
  await page.context().close();
});

test('without the server it says so, shows what it knew, and finds back by itself', async () => {
  const { page } = stage.visit;
  await goTo(page, 'Queues');
  const known = page.getByRole('heading', { name: 'operable.work' });
  await known.waitFor();
  await page.context().setOffline(true);
  await page.getByText('Offline', { exact: true }).waitFor();
  await page.getByText('The server does not answer. This is how it was at').waitFor();
  expect(await known.isVisible()).toBe(true);
  await page.context().setOffline(false);
  await page.getByText('Offline', { exact: true }).waitFor({ state: 'detached' });
  await page.getByText('Live', { exact: true }).waitFor();
  stage.visit.forgive();
}, 60_000);

test('where sockets are refused it asks every few seconds instead', async () => {
  const { page } = await stage.browser.open();
  await page.route('**/socket.io/**', (route) => route.abort());
  await page.routeWebSocket(/socket\.io/, (socket) => socket.close());
  await signIn(page, `${stage.app.url}/admin/`, stage.admin);
  await page.getByText('Polling, 5 s').waitFor();
  await goTo(page, 'Queues');
  const before = performance.now();
  await page.waitForResponse(/admin\/queues$/);
  await page.waitForResponse(/admin\/queues$/);
  expect(performance.now() - before).toBeLessThan(9_500);
  await page.context().close();
});
