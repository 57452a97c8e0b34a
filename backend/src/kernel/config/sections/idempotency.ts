import { defineSection, setting } from '../section.ts';
import { integer } from '../value-kinds.ts';

export const idempotencySection = defineSection({
  owner: 'kernel/idempotency',
  keys: {
    IDEMPOTENCY_RETENTION_HOURS: setting(integer(1, 720, ' of hours'), {
      doc: 'How long the answer to a request with an Idempotency-Key is kept for its repetitions.',
      default: '24',
    }),
  },
  settings: (values) => ({ retentionMs: values.IDEMPOTENCY_RETENTION_HOURS * 3_600_000 }),
});
