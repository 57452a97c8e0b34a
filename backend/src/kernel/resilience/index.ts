export { createProviders } from './providers.ts';
export type { ProvidersServer } from './providers.ts';
export type {
  Attempt,
  CallOptions,
  InputFetchOptions,
  InputResponse,
  JsonRequest,
  JsonResponse,
  Method,
  Provider,
  ProviderDefinition,
  Providers,
  ProvidersAdmin,
  ProviderState,
  Quota,
  RunOptions,
} from './types.ts';
export { upstreamErrors, upstreamStatus } from './upstream-error.ts';
