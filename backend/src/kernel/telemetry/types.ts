import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

/** How a piece of work ended. */
export interface SpanEnd {
  /** A better name than it began with, such as the route's template. */
  name?: string;
  attributes?: SpanAttributes;
  /** It failed on our side. */
  failed: boolean;
}

export interface TracingServices {
  version: string;
  environment: string;
  logger: Logger;
  metrics: Metrics;
  /** Takes personal data and secrets out of a text before it leaves the process. */
  scrub: (text: string) => string;
}
