import type { KernelConfig } from '../config/index.ts';
import { silentReporter, type ErrorReporter } from './error-reporter.ts';
import type { SentryServices } from './sentry.ts';

/** The library is loaded only where it is wanted. */
export async function createErrorReporter(
  config: KernelConfig['sentry'],
  services: SentryServices,
): Promise<ErrorReporter> {
  if (config.kind === 'off') return silentReporter;
  const { createSentryReporter } = await import('./sentry.ts');
  return createSentryReporter(config, services);
}
