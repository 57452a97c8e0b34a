import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What axe finds, a line each. In the dark theme nothing but the colours is another. */
export async function findings(
  page: Page,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<string[]> {
  const axe = new AxeBuilder({ page });
  const { violations } = await (
    colorScheme === 'light' ? axe : axe.withRules(['color-contrast', 'link-in-text-block'])
  ).analyze();
  return violations.map(
    ({ id, impact, nodes }) =>
      `${impact ?? ''} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/** Of the page that is shown, in both themes: what axe finds, and whether something sticks out of the screen. */
export async function blemishes(page: Page): Promise<string[]> {
  const found = await findings(page);
  const width = await page.evaluate('document.documentElement.scrollWidth');
  if (width !== page.viewportSize()?.width) found.push(`it is ${String(width)} wide`);
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.locator("html[data-theme='dark']").waitFor();
  found.push(...(await findings(page, 'dark')));
  await page.emulateMedia({ colorScheme: 'light' });
  return found;
}
