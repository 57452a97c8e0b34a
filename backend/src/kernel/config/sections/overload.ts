import { defineSection, setting } from '../section.ts';
import { integer, milliseconds } from '../value-kinds.ts';

export const overloadSection = defineSection({
  owner: 'kernel/overload',
  keys: {
    OVERLOAD_EVENT_LOOP_DELAY_MS: setting(milliseconds(20, 60_000), {
      doc: 'When three turns of the event loop in a row come this late, new work is refused until one is on time again.',
      default: '200',
    }),
    OVERLOAD_MAX_IN_FLIGHT: setting(integer(1, 100_000), {
      doc: 'Requests and socket events at work at once in one process; above it new ones are refused.',
      default: '1000',
    }),
  },
  settings: (values) => ({
    eventLoopDelayMs: values.OVERLOAD_EVENT_LOOP_DELAY_MS,
    maxInFlight: values.OVERLOAD_MAX_IN_FLIGHT,
  }),
});
