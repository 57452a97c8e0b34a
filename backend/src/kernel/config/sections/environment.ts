import { environments } from '../kernel-config.ts';
import { defineSection, setting } from '../section.ts';
import { choice } from '../value-kinds.ts';

export const environmentSection = defineSection({
  owner: 'kernel/config',
  keys: {
    NODE_ENV: setting(choice(...environments), {
      doc: 'Decides which file of backend/config is read and how strictly the rest is judged.',
      default: 'development',
    }),
  },
  settings: (values) => values.NODE_ENV,
});
