import type { Page } from 'playwright-core';
import { buildConsole } from '../../../../../../scripts/build-console.ts';
import { freePort } from '../../../../../local/postgres/throwaway.ts';
import { startTestApp, type TestApp, type TestUser } from '../../../../../test/support/app.ts';
import {
  startBrowser,
  type TestBrowser,
  type TestPage,
} from '../../../../../test/support/browser.ts';
import type { Module } from '../../../../kernel/module/index.ts';
import { operations } from '../../index.ts';
import { createOperable, type Operable } from '../../prove/fixtures/operable.ts';

export interface Stage {
  readonly app: TestApp;
  readonly admin: TestUser;
  readonly browser: TestBrowser;
  /** The feature that is operated. */
  readonly operable: Operable;
  /** An admin's page, signed in. */
  readonly visit: TestPage;
  end(): Promise<void>;
}

export interface StageOptions {
  modules?: readonly Module[];
  environment?: Readonly<Record<string, string>>;
  /** Origins that may call, beside the server's own. */
  origins?: readonly string[];
}

/** How long the first test of a file may take: a build, a server and a browser come before it. */
export const openWithinMs = 90_000;

/** The real server with something to operate, the built console, and a real browser in which an admin has signed in. */
export async function openStage(options: StageOptions = {}): Promise<Stage> {
  const { modules = [], environment = {}, origins = [] } = options;
  buildConsole();
  const { module, state } = createOperable();
  const port = await freePort();
  const app = await startTestApp({
    modules: [operations, module, ...modules],
    environment: {
      PORT: String(port),
      ALLOWED_ORIGINS: [`http://127.0.0.1:${port}`, ...origins].join(),
      ...environment,
    },
  });
  let browser: TestBrowser | undefined;
  const end = async () => {
    await browser?.close();
    await app.stop();
  };
  try {
    const admin = await app.signUp({ role: 'admin' });
    browser = await startBrowser();
    const visit = await browser.open();
    await signIn(visit.page, `${app.url}/admin/`, admin);
    return { app, admin, browser, operable: state, visit, end };
  } catch (error) {
    await end();
    throw error;
  }
}

export async function fillSignIn(
  page: Page,
  url: string,
  { email, password }: Pick<TestUser, 'email' | 'password'>,
): Promise<void> {
  await page.goto(url);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** Resolves when the console is there. */
export async function signIn(page: Page, url: string, user: TestUser): Promise<void> {
  await fillSignIn(page, url, user);
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
}

/** By the menu, as a person goes. */
export async function goTo(page: Page, place: string): Promise<void> {
  await page.getByRole('navigation').getByRole('link', { name: place }).click();
  await page.getByRole('heading', { level: 1, name: place }).waitFor();
}

/** What the console says has been done. */
export const told = (page: Page, text: string | RegExp): Promise<void> =>
  page.locator('.toast').filter({ hasText: text }).first().waitFor();

/** Of the dialog that is open. */
export const inDialog = (page: Page, button: string): Promise<void> =>
  page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
