import { defineSection, integer, setting } from '../../kernel/config/index.ts';

export const operationsSection = defineSection({
  owner: 'modules/operations',
  keys: {
    OPERATIONS_RETENTION_HOURS: setting(integer(1, 720, ' of hours'), {
      doc: 'How long the samples behind the console’s charts are kept.',
      default: '48',
    }),
    OPERATIONS_SAMPLE_SECONDS: setting(integer(1, 60, ' of seconds'), {
      doc: 'How often each process writes a sample.',
      default: '10',
    }),
  },
  settings: (values) => ({
    retentionHours: values.OPERATIONS_RETENTION_HOURS,
    sampleSeconds: values.OPERATIONS_SAMPLE_SECONDS,
  }),
});
