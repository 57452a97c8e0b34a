export { createCaches } from './create-caches.ts';
export type { Cache, CacheDefinition, Cached, Caches, Load } from './types.ts';
