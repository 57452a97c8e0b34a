import { defineSection, setting } from '../section.ts';
import { bytes, integer } from '../value-kinds.ts';

export const webhooksSection = defineSection({
  owner: 'kernel/webhooks',
  keys: {
    WEBHOOK_BODY_LIMIT: setting(bytes(1_024, 16 * 1_024 ** 2), {
      doc: 'The longest webhook that is read.',
      default: '1mb',
    }),
    WEBHOOK_RETENTION_DAYS: setting(integer(1, 3_650, ' of days'), {
      doc: 'How long processed and parked webhooks are kept. Failed ones stay.',
      default: '90',
    }),
  },
  settings: (values) => ({
    limitBytes: values.WEBHOOK_BODY_LIMIT,
    retentionDays: values.WEBHOOK_RETENTION_DAYS,
  }),
});
