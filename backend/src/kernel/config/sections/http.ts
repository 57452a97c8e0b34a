import type { Fault } from '../fault.ts';
import type { Environment } from '../kernel-config.ts';
import { isLoopback } from '../loopback.ts';
import { origins } from '../origins.ts';
import { defineSection, setting } from '../section.ts';
import { trustProxy } from '../trust-proxy.ts';
import { bytes, choice, host, integer, milliseconds } from '../value-kinds.ts';

export const httpSection = defineSection({
  owner: 'kernel/http',
  keys: {
    HOST: setting(host(), {
      doc: 'Address to listen on. The files for staging and production say 0.0.0.0.',
      default: '127.0.0.1',
    }),
    PORT: setting(integer(0, 65_535), {
      doc: 'TCP port to listen on; 0 takes any free one.',
      default: '3000',
    }),
    ALLOWED_ORIGINS: setting(origins(), {
      doc: 'Origins that browsers may call from, over HTTP and sockets. Required in staging and production.',
      example: 'https://app.your-domain.com,https://www.your-domain.com',
      optional: true,
      alias: 'CORS_ORIGIN',
    }),
    TRUST_PROXY: setting(trustProxy(), {
      doc: 'Proxies whose X-Forwarded-For is believed.',
      default: 'false',
    }),
    BODY_LIMIT: setting(bytes(1, 100 * 1024 ** 2), {
      doc: 'Largest request body.',
      default: '100kb',
    }),
    REQUEST_TIMEOUT_MS: setting(milliseconds(1000, 600_000), {
      doc: 'A whole request must have arrived in this time.',
      default: '30000',
    }),
    HEADERS_TIMEOUT_MS: setting(milliseconds(1000, 600_000), {
      doc: 'The headers of a request must have arrived in this time; at most REQUEST_TIMEOUT_MS.',
      default: '10000',
    }),
    KEEP_ALIVE_TIMEOUT_MS: setting(milliseconds(1000, 600_000), {
      doc: 'An idle connection is closed after this; longer than the idle time of a load balancer in front.',
      default: '65000',
    }),
    RESPONSE_TIMEOUT_MS: setting(milliseconds(1000, 600_000), {
      doc: 'A client must have taken an answer this long after its first byte.',
      default: '30000',
    }),
    MAX_CONNECTIONS: setting(integer(10, 1_000_000), {
      doc: 'Connections of one process, sockets among them; above it new ones are dropped. Keep it below the open files allowed.',
      default: '10000',
    }),
    CONSOLE: setting(choice('on', 'off'), {
      doc: 'Whether this server serves the operations console under /admin. Off: deploy the console by itself; its API stays.',
      default: 'on',
    }),
  },
  check(values, { environment, deployed }) {
    const faults: Fault[] = [];
    if (values.ALLOWED_ORIGINS === undefined && deployed)
      faults.push({
        variable: 'ALLOWED_ORIGINS',
        problem: `is missing in ${environment}`,
        remedy: 'Set it to the origins of your web apps, comma-separated',
      });
    faults.push(...originFaults(values.ALLOWED_ORIGINS ?? [], environment));
    if ((values.HEADERS_TIMEOUT_MS ?? 0) > (values.REQUEST_TIMEOUT_MS ?? Infinity))
      faults.push({
        variable: 'HEADERS_TIMEOUT_MS',
        problem: 'is longer than REQUEST_TIMEOUT_MS',
        remedy: 'Set it to at most REQUEST_TIMEOUT_MS',
      });
    return faults;
  },
  settings: (values) => ({
    host: values.HOST,
    port: values.PORT,
    allowedOrigins: values.ALLOWED_ORIGINS ?? [],
    trustProxy: values.TRUST_PROXY,
    bodyLimitBytes: values.BODY_LIMIT,
    requestTimeoutMs: values.REQUEST_TIMEOUT_MS,
    headersTimeoutMs: values.HEADERS_TIMEOUT_MS,
    keepAliveTimeoutMs: values.KEEP_ALIVE_TIMEOUT_MS,
    responseTimeoutMs: values.RESPONSE_TIMEOUT_MS,
    maxConnections: values.MAX_CONNECTIONS,
    console: values.CONSOLE === 'on',
  }),
});

function originFaults(allowed: readonly string[], environment: Environment): Fault[] {
  if (environment !== 'production') return [];
  const unsafe = allowed.flatMap((origin, index) =>
    origin.startsWith('https:') && !isLoopback(origin) ? [] : [index + 1],
  );
  return unsafe.length === 0
    ? []
    : [
        {
          variable: 'ALLOWED_ORIGINS',
          problem: `holds plain http or loopback origins in production: number ${unsafe.join(', ')}`,
          remedy: 'Use https:// and a public host for each',
        },
      ];
}
