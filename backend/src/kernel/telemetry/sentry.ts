import { createHmac, randomBytes } from 'node:crypto';
import * as Sentry from '@sentry/node';
import type { NodeOptions } from '@sentry/node';
import type { KernelConfig } from '../config/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import {
  noCounts,
  type Circumstances,
  type ErrorReporter,
  type FinishedWork,
} from './error-reporter.ts';
import { groupingOf } from './sentry-grouping.ts';
import { createOutbox } from './sentry-outbox.ts';
import { guardedTransport } from './sentry-transport.ts';

export interface SentryServices {
  scrubber: Scrubber;
  environment: string;
  /** Where the configuration names no release. */
  commit: string | undefined;
}

/** By default the library collects all of these. */
const nothing: NonNullable<NodeOptions['dataCollection']> = {
  userInfo: false,
  cookies: false,
  httpHeaders: false,
  httpBodies: [],
  urlQueryParams: false,
  graphQL: { document: false, variables: false },
  genAI: { inputs: false, outputs: false },
  mcp: { inputs: false, outputs: false },
  databaseQueryData: false,
  queues: false,
  stackFrameVariables: false,
  frameContextLines: 0,
};

type SentryConfig = Extract<KernelConfig['sentry'], { kind: 'on' }>;

/**
 * Reports to Sentry by hand. Nothing is patched, no default integration is on, and no OpenTelemetry provider is set: what
 * is not handed to it does not reach it.
 */
export function createSentryReporter(
  config: SentryConfig,
  { scrubber, environment, commit }: SentryServices,
): ErrorReporter {
  const counts = noCounts();
  const salt = config.userSalt?.reveal() ?? randomBytes(32);
  const errors = createOutbox({ burst: 100, perSecond: 20 });
  const transactions = createOutbox({ burst: 50, perSecond: 20 });
  const scrubbed = new WeakSet();

  function scrub<T extends object>(event: T): T | null {
    // Holds the library's own objects and is not sent.
    const { sdkProcessingMetadata: _, ...content } = event as T & {
      sdkProcessingMetadata?: object;
    };
    const clean = scrubber.orNothing(content) as T | undefined;
    if (clean === undefined) {
      counts.scrubber_fault += 1;
      return null;
    }
    scrubbed.add(clean);
    return clean;
  }

  const client = Sentry.init({
    dsn: config.dsn.reveal(),
    environment,
    release: config.release ?? commit ?? 'unknown',
    defaultIntegrations: false,
    integrations: [Sentry.linkedErrorsIntegration()],
    enableOpenTelemetrySetup: false,
    enableRuntimeChannelInjection: false,
    sendClientReports: false,
    dataCollection: nothing,
    debug: false,
    spotlight: false,
    // Spans are not made by the library; the share of transactions is taken below.
    traceLifecycle: 'static',
    transport: guardedTransport({
      scrubber,
      isScrubbed: (payload) => scrubbed.has(payload),
      count: (outcome) => {
        counts[outcome] += 1;
      },
    }),
    beforeSend: scrub,
    beforeSendTransaction: scrub,
    beforeBreadcrumb: scrub,
  });

  const hashOf = (userId: string): string =>
    createHmac('sha256', salt).update(userId).digest('hex').slice(0, 32);

  function capture(error: unknown, circumstances: Circumstances): void {
    const { kind, code, route, provider, requestId, userId, traceId } = circumstances;
    const scope = new Sentry.Scope();
    const isFatal = kind === 'process' || kind === 'startup';
    scope.setLevel(isFatal ? 'fatal' : 'error');
    scope.setTags({ kind, code, route, provider, request_id: requestId });
    if (userId !== undefined) scope.setUser({ id: hashOf(userId) });
    if (route !== undefined) scope.setTransactionName(route);
    if (traceId !== undefined)
      scope.setPropagationContext({ traceId, sampleRand: Math.random(), sampled: false });
    const grouping = groupingOf(error, { code, provider });
    if (grouping !== undefined) scope.setFingerprint(grouping);
    const thrown = asError(error);
    client?.captureException(
      thrown,
      { originalException: thrown, mechanism: { type: kind, handled: !isFatal } },
      scope,
    );
  }

  function captureTransaction({ kind, route, durationMs, status, traceId }: FinishedWork): void {
    const endedAt = Date.now() / 1000;
    client?.captureEvent(
      {
        type: 'transaction',
        transaction: route,
        transaction_info: { source: 'route' },
        start_timestamp: endedAt - durationMs / 1000,
        timestamp: endedAt,
        contexts: {
          trace: {
            trace_id: traceId ?? randomBytes(16).toString('hex'),
            span_id: randomBytes(8).toString('hex'),
            op: kind === 'request' ? 'http.server' : 'websocket.server',
            status: status < 400 ? 'ok' : status < 500 ? 'invalid_argument' : 'internal_error',
            data: { 'http.response.status_code': status },
          },
        },
        tags: { kind },
      },
      {},
      new Sentry.Scope(),
    );
  }

  /** An error may be one that cannot even be read. */
  function add(outbox: ReturnType<typeof createOutbox>, work: () => void): void {
    const taken = outbox.add(() => {
      try {
        work();
      } catch {
        counts.failed += 1;
      }
    });
    if (!taken) counts.too_many += 1;
  }

  return {
    report(error, circumstances) {
      add(errors, () => {
        capture(error, circumstances);
      });
    },
    finished(work) {
      if (Math.random() >= config.tracesSampleRate) return;
      add(transactions, () => {
        captureTransaction(work);
      });
    },
    counts: () => counts,
    async flush(deadlineMs) {
      errors.empty();
      transactions.empty();
      // The library keeps to its time twice: once for what it works on, once for what is under way.
      await Promise.resolve(client?.flush(deadlineMs / 2)).catch(() => undefined);
    },
  };
}

/** Anything may be thrown, also what is no error, and what throws again when it is looked at. */
function asError(thrown: unknown): Error {
  try {
    if (!(thrown instanceof Error)) return new Error(`Thrown without an error: ${String(thrown)}`);
    structuredClone({ name: thrown.name, message: thrown.message, stack: thrown.stack });
    return thrown;
  } catch {
    return new Error('Something was thrown that cannot be read');
  }
}
