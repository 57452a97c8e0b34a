import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

/** What axe finds, a line each. */
export async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.map(
    ({ id, impact, nodes }) =>
      `${impact ?? ''} ${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`,
  );
}

/** Of all that is on it; more than the screen's where something sticks out. */
export const widthOf = (page: Page): Promise<unknown> =>
  page.evaluate('document.documentElement.scrollWidth');

/** What a change of theme may break, a line each. */
export async function contrasts(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).withRules(['color-contrast']).analyze();
  return violations.map(({ nodes }) => nodes.map(({ target }) => target.join(' ')).join(', '));
}
