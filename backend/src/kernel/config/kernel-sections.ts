import type { KernelConfig } from './kernel-config.ts';
import type { Section, Sections } from './section.ts';
import { authSection } from './sections/auth.ts';
import { cacheSection } from './sections/cache.ts';
import { databaseSection } from './sections/database.ts';
import { entitlementsSection } from './sections/entitlements.ts';
import { environmentSection } from './sections/environment.ts';
import { httpSection } from './sections/http.ts';
import { jobsSection } from './sections/jobs.ts';
import { idempotencySection } from './sections/idempotency.ts';
import { lifecycleSection } from './sections/lifecycle.ts';
import { loggingSection } from './sections/logging.ts';
import { logStoreSection } from './sections/logstore.ts';
import { metricsSection } from './sections/metrics.ts';
import { overloadSection } from './sections/overload.ts';
import { privacySection } from './sections/privacy.ts';
import { rateLimitSection } from './sections/ratelimit.ts';
import { realtimeSection } from './sections/realtime.ts';
import { redisSection } from './sections/redis.ts';
import { sandboxSection } from './sections/sandbox.ts';
import { sentrySection } from './sections/sentry.ts';
import { tracingSection } from './sections/tracing.ts';
import { webhooksSection } from './sections/webhooks.ts';

export type KernelSections = { readonly [N in keyof KernelConfig]: Section<KernelConfig[N]> };

/** One section for each part of `KernelConfig`, in the order of `.env.example`. */
export const kernelSections: KernelSections = {
  environment: environmentSection,
  sandbox: sandboxSection,
  log: loggingSection,
  logStore: logStoreSection,
  privacy: privacySection,
  http: httpSection,
  database: databaseSection,
  redis: redisSection,
  auth: authSection,
  ratelimit: rateLimitSection,
  idempotency: idempotencySection,
  cache: cacheSection,
  overload: overloadSection,
  realtime: realtimeSection,
  metrics: metricsSection,
  tracing: tracingSection,
  sentry: sentrySection,
  jobs: jobsSection,
  webhooks: webhooksSection,
  entitlements: entitlementsSection,
  lifecycle: lifecycleSection,
};

export interface AllSections<M extends Sections = Sections> {
  readonly kernel: KernelSections;
  readonly modules: M;
}

/** What a module shows the configuration: its name, and its section if it has one. */
interface Configurable {
  readonly name: string;
  readonly config?: Section<unknown> | undefined;
}

/** Everything that can be configured in a server made of these modules. */
export function collectSections(modules: readonly Configurable[]): AllSections {
  const own = modules.flatMap(({ name, config }) => (config === undefined ? [] : [[name, config]]));
  return {
    kernel: kernelSections,
    modules: Object.fromEntries(own) as Record<string, Section<unknown>>,
  };
}
