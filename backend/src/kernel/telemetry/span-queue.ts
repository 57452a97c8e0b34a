import type { Attributes } from '@opentelemetry/api';
import { ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { AsyncResource } from 'node:async_hooks';
import type { TracingServices } from './types.ts';

const mostWaiting = 2_048;
const largestBatch = 512;
const sendEveryMs = 1_000;
const exportTimeoutMs = 15_000;

/**
 * Holds ended spans until they are sent, at most 2,048: with a collector that is away further ones are dropped and counted,
 * and a request never waits. Texts are scrubbed on their way out.
 */
export function createSpanQueue(
  exporter: SpanExporter,
  { logger, metrics, scrub }: TracingServices,
): SpanProcessor {
  const spans = metrics.counter(
    'bulwark_trace_spans_total',
    'Ended spans, by what became of them.',
    ['outcome'],
  );
  const sent = spans.series({ outcome: 'sent' });
  const failed = spans.series({ outcome: 'failed' });
  const dropped = spans.series({ outcome: 'dropped' });
  let waiting = 0;
  let reachable = true;

  // Bound here: a batch goes out in the context of whichever request came last, and is not that one's doing.
  const report = AsyncResource.bind((error: Error | undefined) => {
    if (reachable === (error === undefined)) return;
    reachable = error === undefined;
    if (error) logger.warn({ reason: scrub(error.message) }, 'The trace collector takes no spans');
    else logger.info('The trace collector takes spans again');
  });

  const batches = new BatchSpanProcessor({
    maxQueueSize: mostWaiting,
    maxExportBatchSize: largestBatch,
    scheduledDelayMillis: sendEveryMs,
    exportTimeoutMillis: exportTimeoutMs,
    exporter: {
      export(batch, done) {
        waiting -= batch.length;
        exporter.export(
          batch.map((span) => scrubbed(span, scrub)),
          (result) => {
            const lost = result.code !== ExportResultCode.SUCCESS;
            (lost ? failed : sent).add(batch.length);
            report(lost ? (result.error ?? new Error('refused')) : undefined);
            done(result);
          },
        );
      },
      shutdown: () => exporter.shutdown(),
    },
  });

  return {
    onStart: () => undefined,
    onEnd(span) {
      if (waiting >= mostWaiting) {
        dropped.add();
        return;
      }
      waiting += 1;
      batches.onEnd(span);
    },
    forceFlush: () => batches.forceFlush(),
    shutdown: () => batches.shutdown(),
  };
}

/** The span as it was, with other texts. */
function scrubbed(span: ReadableSpan, scrub: (text: string) => string): ReadableSpan {
  const attributes: Attributes = {};
  for (const [name, value] of Object.entries(span.attributes)) {
    attributes[name] = typeof value === 'string' ? scrub(value) : value;
  }
  return Object.create(span, {
    name: { value: scrub(span.name) },
    attributes: { value: attributes },
  }) as ReadableSpan;
}
