import { defineSection, setting } from '../section.ts';
import { bytes, flag, integer, milliseconds } from '../value-kinds.ts';

export const realtimeSection = defineSection({
  owner: 'kernel/realtime',
  keys: {
    SOCKET_FAN_OUT: setting(flag(), {
      doc: 'Reach the sockets of other processes, through Redis where REDIS_URL is set and else Postgres; false for one alone.',
      default: 'true',
    }),
    SOCKET_MAX_PAYLOAD: setting(bytes(1024, 10 * 1024 ** 2), {
      doc: 'Largest socket message; a larger one closes the connection.',
      default: '64kb',
    }),
    SOCKET_MAX_ATTACHMENTS: setting(integer(0, 10), {
      doc: 'Most binary parts of one socket message, together within SOCKET_MAX_PAYLOAD; more close the connection.',
      default: '0',
    }),
    SOCKET_PACKETS_PER_SECOND: setting(integer(1, 10_000), {
      doc: 'Packets a second that one socket may send for long; four times as many at once. More end it.',
      default: '50',
    }),
    SOCKET_MAX_EVENTS_UNDER_WAY: setting(integer(1, 1_000), {
      doc: 'Most events of one socket that are worked on at once; more are answered with RATE_LIMITED.',
      default: '32',
    }),
    SOCKET_MAX_ROOMS: setting(integer(1, 10_000), {
      doc: 'Most rooms that one socket may be in.',
      default: '50',
    }),
    SOCKET_MAX_BACKLOG: setting(bytes(16 * 1024, 100 * 1024 ** 2), {
      doc: 'Most bytes that wait in memory for a client to read them; more close its connection.',
      default: '1mb',
    }),
    SOCKET_MAX_CONNECTIONS: setting(integer(1, 100_000), {
      doc: 'Most sockets of one process.',
      default: '10000',
    }),
    SOCKET_MAX_PER_USER: setting(integer(1, 100_000), {
      doc: 'Most sockets of one user in one process.',
      default: '50',
    }),
    SOCKET_MAX_PER_ADDRESS: setting(integer(1, 100_000), {
      doc: 'Most sockets from one address (IPv6: its /64) in one process; many people may share one.',
      default: '1000',
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
  check: (values) =>
    (values.SOCKET_MAX_BACKLOG ?? Infinity) < (values.SOCKET_MAX_PAYLOAD ?? 0)
      ? [
          {
            variable: 'SOCKET_MAX_BACKLOG',
            problem: 'is smaller than SOCKET_MAX_PAYLOAD, so one message could close a connection',
            remedy: 'Set it to several times SOCKET_MAX_PAYLOAD',
          },
        ]
      : [],
  settings: (values) => ({
    fanOut: values.SOCKET_FAN_OUT,
    maxPayloadBytes: values.SOCKET_MAX_PAYLOAD,
    maxAttachments: values.SOCKET_MAX_ATTACHMENTS,
    packetsPerSecond: values.SOCKET_PACKETS_PER_SECOND,
    maxEventsUnderWay: values.SOCKET_MAX_EVENTS_UNDER_WAY,
    maxRooms: values.SOCKET_MAX_ROOMS,
    maxBacklogBytes: values.SOCKET_MAX_BACKLOG,
    maxConnections: values.SOCKET_MAX_CONNECTIONS,
    maxPerUser: values.SOCKET_MAX_PER_USER,
    maxPerAddress: values.SOCKET_MAX_PER_ADDRESS,
    expiryWarningMs: values.SOCKET_EXPIRY_WARNING_MS,
    allowPolling: values.SOCKET_ALLOW_POLLING,
  }),
});
