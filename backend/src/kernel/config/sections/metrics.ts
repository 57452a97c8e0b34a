import type { Fault } from '../fault.ts';
import { isLoopbackHost } from '../loopback.ts';
import { defineSection, secretSetting, setting } from '../section.ts';
import { host, integer, token } from '../value-kinds.ts';

const developmentPort = 9464;

export const metricsSection = defineSection({
  owner: 'kernel/metrics',
  keys: {
    METRICS_PORT: setting(integer(0, 65_535), {
      doc: `Port of /metrics; the processes of a PM2 cluster take it and those behind it. 0 takes any free one. Without it: ${developmentPort} in development, none elsewhere.`,
      example: String(developmentPort),
      optional: true,
    }),
    METRICS_HOST: setting(host(), {
      doc: 'Address that /metrics listens on. Any but loopback needs METRICS_TOKEN in staging and production.',
      default: '127.0.0.1',
    }),
    METRICS_TOKEN: secretSetting(token('a long random text'), {
      doc: 'Scrapers must send it as a Bearer token.',
      example: 'your-metrics-token',
      optional: true,
    }),
    NODE_APP_INSTANCE: setting(integer(0, 10_000), {
      doc: 'Which process of a cluster this is. PM2 sets it.',
      example: '0',
      optional: true,
    }),
  },
  check(values, { environment, deployed }) {
    const faults: Fault[] = [];
    const exposed = values.METRICS_PORT !== undefined && !isLoopbackHost(values.METRICS_HOST ?? '');
    if (deployed && exposed && values.METRICS_TOKEN === undefined)
      faults.push({
        variable: 'METRICS_TOKEN',
        problem: `is missing in ${environment}, and METRICS_HOST is not loopback`,
        remedy: 'Make one with: openssl rand -base64 48',
      });
    if ((values.METRICS_PORT ?? 0) + (values.NODE_APP_INSTANCE ?? 0) > 65_535)
      faults.push({
        variable: 'METRICS_PORT',
        problem: 'leaves no port for this process of the cluster',
        remedy: 'Set it to a lower port',
      });
    return faults;
  },
  settings(values, { environment }) {
    const port =
      values.METRICS_PORT ?? (environment === 'development' ? developmentPort : undefined);
    if (port === undefined) return { kind: 'off' as const };
    return {
      kind: 'on' as const,
      host: values.METRICS_HOST,
      port: port === 0 ? 0 : port + (values.NODE_APP_INSTANCE ?? 0),
      token: values.METRICS_TOKEN,
    };
  },
});
