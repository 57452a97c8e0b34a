import { defineSection, setting } from '../section.ts';
import { bytes, integer } from '../value-kinds.ts';

export const cacheSection = defineSection({
  owner: 'kernel/cache',
  keys: {
    CACHE_MEMORY_LIMIT: setting(bytes(64 * 1024, 4096 * 1024 ** 2), {
      doc: 'Most memory that the cached answers of one process take. What does not fit is read from Postgres or Redis.',
      default: '32mb',
    }),
    CACHE_MEMORY_ENTRIES: setting(integer(10, 10_000_000), {
      doc: 'Most cached answers in the memory of one process.',
      default: '10000',
    }),
  },
  settings: (values) => ({
    memoryBytes: values.CACHE_MEMORY_LIMIT,
    memoryEntries: values.CACHE_MEMORY_ENTRIES,
  }),
});
