import { defineSection, setting } from '../section.ts';
import { choice, milliseconds } from '../value-kinds.ts';

export const jobsSection = defineSection({
  owner: 'kernel/jobs',
  keys: {
    JOBS_WORKER: setting(choice('inline', 'none'), {
      doc: 'Whether the API process also does jobs (inline), or leaves them to dist/worker.js (none).',
      default: 'inline',
    }),
    JOBS_POLL_MS: setting(milliseconds(500, 60_000), {
      doc: 'How long a worker that was told of no job waits before it looks by itself.',
      default: '30000',
    }),
  },
  settings: (values) => ({ inline: values.JOBS_WORKER === 'inline', pollMs: values.JOBS_POLL_MS }),
});
