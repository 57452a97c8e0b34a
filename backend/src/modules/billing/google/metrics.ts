import type { Logger } from '../../../kernel/logging/index.ts';
import type { Metrics } from '../../../kernel/metrics/index.ts';
import type { TokenRepository } from './tokens-repository.ts';

/** As it is in the database: every process tells the same. Nothing is told where it cannot be read, or nothing is sold there. */
export function measureAcknowledgements(
  metrics: Metrics,
  tokens: TokenRepository | undefined,
  logger: Logger,
): void {
  metrics.gauge(
    'bulwark_billing_google_unacknowledged_seconds',
    'How long the purchase of Google Play that waits longest for our acknowledgement has been waiting; 0 where none does.',
    async () => {
      if (tokens === undefined) return [];
      try {
        return await tokens.oldestUnacknowledged();
      } catch (error) {
        logger.warn({ err: error }, 'What is unacknowledged could not be measured');
        return [];
      }
    },
  );
}
