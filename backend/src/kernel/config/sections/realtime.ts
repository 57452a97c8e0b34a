import { defineSection, setting } from '../section.ts';
import { bytes, flag, milliseconds } from '../value-kinds.ts';

export const realtimeSection = defineSection({
  owner: 'kernel/realtime',
  keys: {
    SOCKET_MAX_PAYLOAD: setting(bytes(1024, 10 * 1024 ** 2), {
      doc: 'Largest socket message; a larger one closes the connection.',
      default: '64kb',
    }),
    SOCKET_EXPIRY_WARNING_MS: setting(milliseconds(0, 3_600_000), {
      doc: 'auth:expiring is sent this long before the access token expires.',
      default: '60000',
    }),
    SOCKET_ALLOW_POLLING: setting(flag(), {
      doc: 'Also allow HTTP long-polling, which needs sticky sessions with more than one process.',
      default: 'false',
    }),
  },
  settings: (values) => ({
    maxPayloadBytes: values.SOCKET_MAX_PAYLOAD,
    expiryWarningMs: values.SOCKET_EXPIRY_WARNING_MS,
    allowPolling: values.SOCKET_ALLOW_POLLING,
  }),
});
