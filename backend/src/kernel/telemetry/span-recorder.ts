import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Span,
} from '@opentelemetry/api';
import { TraceState } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KernelConfig } from '../config/index.ts';
import { createSpanQueue } from './span-queue.ts';
import type { TraceContext } from './trace-context.ts';
import type { SpanAttributes, SpanEnd, TracingServices } from './types.ts';

export interface RecordedSpan extends TraceContext {
  end(end: SpanEnd): void;
}

/** What turns work into spans and sends them. Loaded only where tracing is on: it takes 100 ms of a start. */
export interface SpanRecorder {
  start(
    name: string,
    kind: 'server' | 'client',
    parent: TraceContext | undefined,
    attributes?: SpanAttributes,
  ): RecordedSpan;
  close(deadlineMs: number): Promise<void>;
}

const kinds = { server: SpanKind.SERVER, client: SpanKind.CLIENT } as const;
const exportTimeoutMs = 10_000;
const spanLimits = { attributeCountLimit: 32, attributeValueLengthLimit: 512 };

export function createSpanRecorder(
  config: Extract<KernelConfig['tracing'], { kind: 'on' }>,
  services: TracingServices,
): SpanRecorder {
  const exporter = new OTLPTraceExporter({
    url: config.endpoint,
    headers: parseHeaders(config.headers?.reveal()),
    timeoutMillis: exportTimeoutMs,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        'service.name': config.serviceName,
        'service.version': services.version,
        'deployment.environment.name': services.environment,
      }),
    ),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.ratio) }),
    spanLimits,
    spanProcessors: [createSpanQueue(exporter, services)],
  });
  const tracer = provider.getTracer('bulwark', services.version);

  return {
    start(name, kind, parent, attributes = {}) {
      const span = tracer.startSpan(name, { kind: kinds[kind], attributes }, contextOf(parent));
      return recorded(span);
    },
    async close(deadlineMs) {
      const timer = new AbortController();
      const late = sleep(deadlineMs, undefined, { signal: timer.signal, ref: false });
      await Promise.race([provider.shutdown(), late]).catch(() => undefined);
      timer.abort();
      await late.catch(() => undefined);
    },
  };
}

/** The parent is always said: what other libraries take for the current span is none of ours. */
function contextOf(parent: TraceContext | undefined) {
  if (!parent) return ROOT_CONTEXT;
  const { traceId, spanId, sampled, state } = parent;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
    isRemote: !('end' in parent),
    ...(state === undefined ? {} : { traceState: new TraceState(state) }),
  });
}

function recorded(span: Span): RecordedSpan {
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  return {
    traceId,
    spanId,
    sampled: (traceFlags & TraceFlags.SAMPLED) !== 0,
    state: traceState?.serialize(),
    end({ name, attributes, failed }) {
      if (name !== undefined) span.updateName(name);
      if (attributes) span.setAttributes(attributes);
      if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

function parseHeaders(text = ''): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim());
  return Object.fromEntries(
    pairs
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
