export { createTracing } from './tracing.ts';
export type { Tracing } from './tracing.ts';
export type { SpanAttributes } from './types.ts';
