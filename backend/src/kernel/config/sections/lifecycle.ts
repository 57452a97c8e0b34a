import { defineSection, setting } from '../section.ts';
import { milliseconds } from '../value-kinds.ts';

export const lifecycleSection = defineSection({
  owner: 'kernel/lifecycle',
  keys: {
    SHUTDOWN_DRAIN_MS: setting(milliseconds(0, 60_000), {
      doc: 'A stopping server still accepts for this long, answering Connection: close. The file for development says 0.',
      default: '2000',
    }),
    SHUTDOWN_TIMEOUT_MS: setting(milliseconds(100, 300_000), {
      doc: 'The process ends after this, whatever is unfinished; longer than SHUTDOWN_DRAIN_MS.',
      default: '15000',
    }),
  },
  check: (values) =>
    (values.SHUTDOWN_TIMEOUT_MS ?? Infinity) > (values.SHUTDOWN_DRAIN_MS ?? 0)
      ? []
      : [
          {
            variable: 'SHUTDOWN_TIMEOUT_MS',
            problem: 'is not longer than SHUTDOWN_DRAIN_MS, so nothing could finish',
            remedy: 'Set it to several seconds more than SHUTDOWN_DRAIN_MS',
          },
        ],
  settings: (values) => ({
    drainMs: values.SHUTDOWN_DRAIN_MS,
    shutdownTimeoutMs: values.SHUTDOWN_TIMEOUT_MS,
  }),
});
