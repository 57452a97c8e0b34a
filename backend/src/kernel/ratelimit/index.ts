export { createPostgresStore, createRedisStore } from './counter-store.ts';
export { rateLimitKey } from './key.ts';
export { createRateLimiter } from './rate-limiter.ts';
export type { RateLimiter } from './rate-limiter.ts';
export { countRefusals } from './refused-tokens.ts';
export { rateLimitHeaderNames, rateLimitHeaders, rateLimitTiers } from './tiers.ts';
export type { RateLimitState, RateLimitTier } from './tiers.ts';
