import { defineSection, setting } from '../section.ts';
import { milliseconds } from '../value-kinds.ts';

export const entitlementsSection = defineSection({
  owner: 'kernel/entitlements',
  keys: {
    ENTITLEMENTS_FRESH_MS: setting(milliseconds(0, 60_000), {
      doc: 'How long a process remembers what a user may use. A change is told to all processes at once; this is for those that miss it.',
      default: '5000',
    }),
  },
  settings: (values) => ({ freshMs: values.ENTITLEMENTS_FRESH_MS }),
});
