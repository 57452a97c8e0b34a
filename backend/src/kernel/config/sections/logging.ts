import { defineSection, setting } from '../section.ts';
import { choice } from '../value-kinds.ts';

export const loggingSection = defineSection({
  owner: 'kernel/logging',
  keys: {
    LOG_LEVEL: setting(choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), {
      doc: 'The least severe log line that is written.',
      default: 'info',
    }),
  },
  settings: (values) => ({ level: values.LOG_LEVEL }),
});
