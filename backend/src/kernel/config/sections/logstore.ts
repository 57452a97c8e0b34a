import { defineSection, setting } from '../section.ts';
import { choice, integer } from '../value-kinds.ts';

export const logStoreSection = defineSection({
  owner: 'kernel/logstore',
  keys: {
    LOG_STORE: setting(choice('on', 'off'), {
      doc: 'Whether log lines also go to the table bulwark.app_logs, where the console finds them.',
      default: 'on',
    }),
    LOG_STORE_LEVEL: setting(choice('fatal', 'error', 'warn', 'info', 'debug', 'trace'), {
      doc: 'The least severe line that goes there; LOG_LEVEL comes first.',
      default: 'info',
    }),
    LOG_STORE_LINES_PER_SECOND: setting(integer(1, 10_000), {
      doc: 'Most lines below warn that one process stores over time; a burst may have ten times as many. The rest is left out, and counted.',
      default: '100',
    }),
    LOG_STORE_DAYS: setting(integer(1, 366, ' of days'), {
      doc: 'How long stored lines are kept.',
      default: '7',
    }),
    LOG_STORE_MAX_ROWS: setting(integer(1_000, 1_000_000_000), {
      doc: 'Most stored lines; beyond it the oldest go before their time. A million takes about half a GB.',
      default: '2000000',
    }),
  },
  settings: (values) =>
    values.LOG_STORE === 'off'
      ? { kind: 'off' as const }
      : {
          kind: 'on' as const,
          level: values.LOG_STORE_LEVEL,
          linesPerSecond: values.LOG_STORE_LINES_PER_SECOND,
          days: values.LOG_STORE_DAYS,
          maxRows: values.LOG_STORE_MAX_ROWS,
        },
});
