import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { root } from '../../../../local/stack/paths.ts';
import { freePort } from '../../../../local/postgres/throwaway.ts';
import { fillSignIn, openStage, openWithinMs, signIn, type Stage } from './support/stage.ts';

let stage: Stage;
let elsewhere: string;

beforeAll(async () => {
  elsewhere = `http://127.0.0.1:${await freePort()}`;
  stage = await openStage({
    origins: [elsewhere],
    environment: { SESSION_CHECK_INTERVAL_MS: '500' },
  });
}, openWithinMs);
afterAll(async () => {
  await stage.end();
});
afterEach(() => {
  stage.visit.forgive();
});

const own = () => `${stage.app.url}/admin/`;

test('an admin is let in, and is told of changes live', async () => {
  const { page, faults } = stage.visit;
  await page.getByText('Live', { exact: true }).waitFor();
  await page.getByText('All is well').waitFor();
  expect(faults).toEqual([]);
});

test('a wrong password is refused in words', async () => {
  const { page } = await stage.browser.open();
  await fillSignIn(page, own(), { email: stage.admin.email, password: 'wrong-password' });
  await page.getByText('Email or password is wrong.').waitFor();
});

test('who is no admin is told so, and asks the admin API nothing', async () => {
  const { page, faults } = await stage.browser.open();
  const asked: string[] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/')) asked.push(request.url());
  });
  await fillSignIn(page, own(), await stage.app.signUp());
  await page.getByRole('heading', { name: 'This account is not an admin' }).waitFor();
  expect(asked).toEqual([]);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password').waitFor();
  expect(faults).toEqual([]);
});

test('a reload keeps the session, signing out ends it', async () => {
  const { page } = await stage.browser.open();
  await signIn(page, own(), stage.admin);
  await page.reload();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password').waitFor();
  await page.reload();
  await page.getByLabel('Password').waitFor();
});

test('a session that was ended elsewhere ends here', async () => {
  const ended = await stage.app.signUp({ role: 'admin' });
  const { page } = await stage.browser.open();
  await signIn(page, own(), ended);
  const admin = createClient(stage.app.issuer.url, stage.app.issuer.serviceRoleKey);
  await admin.auth.admin.signOut(ended.accessToken, 'global');
  await page.getByLabel('Password').waitFor({ timeout: 20_000 });
});

test('an expired token is renewed without a word', async () => {
  const { page } = await stage.browser.open();
  await signIn(page, own(), stage.admin);
  let refused = 0;
  await page.route('**/api/v1/admin/queues', async (route) => {
    if (refused > 0) return route.continue();
    refused += 1;
    return route.fulfill({ status: 401, json: { error: 'TOKEN_EXPIRED', message: 'Expired.' } });
  });
  const renewed = page.waitForRequest(/grant_type=refresh_token/);
  await page.getByRole('link', { name: 'Queues' }).first().click();
  await renewed;
  await page.getByRole('heading', { name: 'operable.work' }).waitFor();
});

test('it works from another host, with its files and a config.json', async () => {
  const files = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/^\/$/, '/index.html');
    if (path === '/config.json') {
      const { url: supabaseUrl, anonKey } = stage.app.issuer;
      response.end(JSON.stringify({ apiUrl: stage.app.url, supabaseUrl, anonKey }));
      return;
    }
    response.setHeader('content-type', types[extname(path)] ?? 'text/plain');
    response.end(readFileSync(join(root, 'admin', 'dist', path)));
  });
  files.listen(Number(new URL(elsewhere).port), '127.0.0.1');
  await once(files, 'listening');
  try {
    const { page, faults } = await stage.browser.open();
    await signIn(page, elsewhere, stage.admin);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('All is well').waitFor();
    expect(faults).toEqual([]);
    await page.close();
  } finally {
    files.close();
  }
});

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
