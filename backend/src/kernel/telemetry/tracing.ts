import type { IncomingHttpHeaders } from 'node:http';
import type { KernelConfig } from '../config/index.ts';
import { currentLogContext, type LogContext } from '../logging/index.ts';
import type { SpanRecorder, RecordedSpan } from './span-recorder.ts';
import { parseTraceContext, traceHeaders, type TraceContext } from './trace-context.ts';
import type { SpanAttributes, SpanEnd, TracingServices } from './types.ts';

/**
 * Spans of what this server does, made by hand and handed to an OTLP collector; nothing is patched and nothing global
 * registered. A piece of work is known by its log context. Off, it only takes up the trace ids of callers, for the log.
 */
export interface Tracing {
  /** Loads what records spans, where tracing is on. Until then nothing is recorded. */
  open(): Promise<void>;
  /** A request or event begins, in its caller's trace where that has sent a valid one. Gives the context its `traceId`. */
  begin(context: LogContext, name: string, headers?: IncomingHttpHeaders): void;
  end(context: LogContext, end: SpanEnd): void;
  /**
   * A span around `work` within the current request or event. Outside of one nothing is recorded. `work` is given what a call of
   * another service carries, so that its spans are below this one.
   */
  span<T>(name: string, attributes: SpanAttributes, work: Spanned<T>): Promise<T>;
  /** What a call of another service carries, so that its spans join this trace. */
  outgoingHeaders(): Record<string, string>;
  /** Sends what is left, for at most this long. Never rejects. */
  close(deadlineMs: number): Promise<void>;
}

export type Spanned<T> = (outgoingHeaders: () => Record<string, string>) => Promise<T>;

type Place = TraceContext | RecordedSpan;

export function createTracing(config: KernelConfig['tracing'], services: TracingServices): Tracing {
  const places = new WeakMap<LogContext, Place>();
  let recorder: SpanRecorder | undefined;
  const currentPlace = (): Place | undefined => {
    const context = currentLogContext();
    return context && places.get(context);
  };

  const outgoingHeaders = (): Record<string, string> => {
    const place = currentPlace();
    return place ? traceHeaders(place) : {};
  };

  return {
    async open() {
      if (config.kind === 'off') return;
      const { createSpanRecorder } = await import('./span-recorder.ts');
      recorder = createSpanRecorder(config, services);
    },
    begin(context, name, headers) {
      const caller =
        headers?.traceparent === undefined
          ? undefined
          : parseTraceContext(single(headers.traceparent), single(headers.tracestate));
      const place = recorder ? recorder.start(name, 'server', caller) : caller;
      if (!place) return;
      places.set(context, place);
      context.traceId = place.traceId;
    },
    end(context, end) {
      const place = places.get(context);
      if (place && 'end' in place) place.end(end);
    },
    async span(name, attributes, work) {
      const parent = recorder && currentPlace();
      if (!recorder || !parent) return work(outgoingHeaders);
      const span = recorder.start(name, 'client', parent, attributes);
      let failed = true;
      try {
        const result = await work(() => traceHeaders(span));
        failed = false;
        return result;
      } finally {
        span.end({ failed });
      }
    },
    outgoingHeaders,
    async close(deadlineMs) {
      await recorder?.close(deadlineMs);
    },
  };
}

/** Node joins what came twice, and the result is no valid traceparent. */
const single = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header.join(',') : header;
