import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import type { Locator, Page } from 'playwright-core';
import { startSandbox, type Sandbox } from '../../../../local/providers/sandbox.ts';
import { route } from '../../../kernel/http/index.ts';
import { defineModule } from '../../../kernel/module/index.ts';
import { Joi, listOf, shape } from '../../../kernel/schema/index.ts';
import { goTo, openStage, openWithinMs, told, type Stage } from './support/stage.ts';

const breaker = { failures: 3, openMs: 4_000 };

/** A feature that asks a provider of the sandbox something. */
const asking = (sandbox: Sandbox) =>
  defineModule({
    name: 'asking',
    create({ providers }) {
      const { baseUrl, key } = sandbox.provider('justtcg');
      const justtcg = providers.create({
        name: 'justtcg',
        baseUrl,
        headers: () => ({ 'x-api-key': key }),
        attempts: 1,
        breaker,
      });
      return {
        routes: [
          route({
            method: 'get',
            path: '/asking',
            summary: 'Asks the provider',
            tag: 'asking',
            auth: 'public',
            rateLimit: 'public',
            responses: {
              200: { description: 'It answered', body: shape({ games: Joi.number() }) },
            },
            errors: ['UPSTREAM_UNAVAILABLE'],
            handler: async () => {
              const { body } = await justtcg.fetchJson({
                path: '/games',
                schema: shape({ data: listOf(Joi.object().unknown()) }),
              });
              return { body: { games: body.data.length } };
            },
          }),
        ],
      };
    },
  });

let sandbox: Sandbox;
let stage: Stage;
let page: Page;

beforeAll(async () => {
  sandbox = await startSandbox();
  stage = await openStage({
    modules: [asking(sandbox)],
    environment: { PROVIDER_SANDBOX_URL: sandbox.url },
  });
  ({ page } = stage.visit);
}, openWithinMs);
afterAll(async () => {
  await stage.end();
  await sandbox.close();
});
afterEach(() => {
  expect(stage.visit.faults).toEqual([]);
});

const card = (): Locator => page.getByRole('region', { name: 'justtcg' });
const ask = async (): Promise<number> => (await stage.app.request.get('/api/v1/asking')).status;

async function failUntilOpen(): Promise<void> {
  for (let call = 0; call < breaker.failures; call += 1) expect(await ask()).toBe(503);
  await card().getByText('Open', { exact: true }).waitFor();
}

test('a provider that works is shown with what its calls took', async () => {
  expect(await ask()).toBe(200);
  await goTo(page, 'Providers');
  await card().getByText('Closed', { exact: true }).waitFor();
  await card()
    .getByText(/\d+(\.\d)? ms/)
    .first()
    .waitFor();
});

test('broken in the sandbox, it is seen to open its breaker, and to close it again once it is healed', async () => {
  await page.getByLabel('What justtcg does wrong').selectOption('Down: answers 503');
  await page.getByRole('button', { name: 'Break justtcg' }).click();
  await told(page, 'justtcg misbehaves now.');
  await page.getByText('Misbehaves: answers 503').waitFor();

  await failUntilOpen();
  await card().getByText('Calls are refused at once').waitFor();
  await goTo(page, 'Overview');
  await page.getByRole('region', { name: 'Breakers' }).getByText('Open', { exact: true }).waitFor();

  await goTo(page, 'Providers');
  await page.getByRole('button', { name: 'Heal justtcg' }).click();
  await told(page, 'justtcg behaves again.');
  // One call is let through when the time has come, and what becomes of it closes the breaker.
  await card().getByText('The next one is let through.').waitFor();
  expect(await ask()).toBe(200);
  await card().getByText('Closed', { exact: true }).waitFor();
});

test('an open breaker is closed by hand, and calls go out at once', async () => {
  await page.getByLabel('What justtcg does wrong').selectOption('Cuts the connection');
  await page.getByRole('button', { name: 'Break justtcg' }).click();
  await page.getByText('Misbehaves: cuts the connection').waitFor();
  await failUntilOpen();
  await page.getByRole('button', { name: 'Heal justtcg' }).click();
  await told(page, 'justtcg behaves again.');
  await page.getByRole('button', { name: 'Reset the breaker of justtcg' }).click();
  await told(page, 'The breaker of justtcg is closed.');
  await card().getByText('Closed', { exact: true }).waitFor();
  expect(await ask()).toBe(200);
});

test('what was done to it is in the audit log', async () => {
  await goTo(page, 'Audit');
  await page.getByRole('radio', { name: 'Providers' }).check();
  await page.getByText('providers.reset').waitFor();
});
