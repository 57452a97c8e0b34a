import { defineSection, integer, setting } from '../../kernel/config/index.ts';

export const operationsSection = defineSection({
  owner: 'modules/operations',
  keys: {
    OPERATIONS_RETENTION_HOURS: setting(integer(1, 720, ' of hours'), {
      doc: 'How long the samples behind the console’s charts are kept.',
      default: '48',
    }),
  },
  settings: (values) => ({ retentionHours: values.OPERATIONS_RETENTION_HOURS }),
});
