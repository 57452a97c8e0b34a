export { createIdempotency } from './idempotency.ts';
export type { Answer, Idempotency, KeyedRequest } from './idempotency.ts';
export { fingerprintOf, parseIdempotencyKey } from './keyed-request.ts';
