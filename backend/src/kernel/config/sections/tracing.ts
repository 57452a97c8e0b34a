import { Joi } from '../../schema/index.ts';
import { defineSection, secretSetting, setting } from '../section.ts';
import { httpUrl, ratio } from '../value-kinds.ts';

const headers = Joi.string()
  .pattern(/^[\w-]+=[\x21-\x2b\x2d-\x7e]+(,\s*[\w-]+=[\x21-\x2b\x2d-\x7e]+)*$/)
  .description('a list such as name=value,name=value');

/** By the names that every tool of OpenTelemetry knows. */
export const tracingSection = defineSection({
  owner: 'kernel/telemetry',
  keys: {
    OTEL_EXPORTER_OTLP_ENDPOINT: setting(httpUrl('the URL of an OTLP collector'), {
      doc: 'Where traces are sent as OTLP over HTTP, below /v1/traces. Without it nothing is traced.',
      example: 'http://127.0.0.1:4318',
      optional: true,
    }),
    OTEL_EXPORTER_OTLP_HEADERS: secretSetting(headers, {
      doc: 'Headers that the collector asks for, such as an API key.',
      example: 'x-api-key=your-collector-key',
      optional: true,
    }),
    OTEL_SERVICE_NAME: setting(Joi.string().max(100).description('a name'), {
      doc: 'The name of this service in traces.',
      default: 'bulwark-api',
    }),
    OTEL_TRACES_SAMPLER_ARG: setting(ratio, {
      doc: 'Share of the traces begun here that are recorded; one begun elsewhere follows its traceparent. The file for production says 0.1.',
      default: '1',
    }),
  },
  settings(values) {
    const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = values;
    if (endpoint === undefined) return { kind: 'off' as const };
    return {
      kind: 'on' as const,
      endpoint: `${endpoint}/v1/traces`,
      headers: values.OTEL_EXPORTER_OTLP_HEADERS,
      serviceName: values.OTEL_SERVICE_NAME,
      ratio: values.OTEL_TRACES_SAMPLER_ARG,
    };
  },
});
