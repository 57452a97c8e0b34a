export { createCaches } from './create-caches.ts';
export type { CachesServer } from './create-caches.ts';
export { createCacheStore } from './create-store.ts';
export type { Cache, CacheDefinition, Cached, Caches, Load } from './types.ts';
