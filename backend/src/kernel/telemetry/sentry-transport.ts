import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { makeNodeTransport, type NodeOptions } from '@sentry/node';
import type { Scrubber } from '../privacy/index.ts';
import type { ReportOutcome } from './error-reporter.ts';

type MakeTransport = NonNullable<NodeOptions['transport']>;
type HttpModule = NonNullable<Parameters<typeof makeNodeTransport>[0]['httpModule']>;

/** Reports under way at once; beyond them reports are dropped. */
const mostUnderWay = 30;
/** An unanswered report must not keep its place for ever. */
const longestMs = 10_000;

export interface TransportServices {
  scrubber: Scrubber;
  /** Whether this very object came out of the scrubber already. */
  isScrubbed: (payload: object) => boolean;
  count: (outcome: ReportOutcome) => void;
}

/** The last door: whatever the library wants to send and has not been through the scrubber goes through it here. */
export function guardedTransport({
  scrubber,
  isScrubbed,
  count,
}: TransportServices): MakeTransport {
  return (options) => {
    const transport = makeNodeTransport({
      ...options,
      bufferSize: mostUnderWay,
      httpModule: impatient(options.url.startsWith('https:') ? https : http),
    });
    return {
      flush: (timeout) => transport.flush(timeout),
      async send(envelope) {
        const [headers, items] = envelope;
        const safe = items.flatMap(([itemHeaders, payload]) => {
          if (typeof payload === 'object' && isScrubbed(payload)) return [[itemHeaders, payload]];
          const scrubbed = typeof payload === 'object' ? scrubber.orNothing(payload) : undefined;
          if (scrubbed === undefined) count('scrubber_fault');
          return scrubbed === undefined ? [] : [[itemHeaders, scrubbed]];
        });
        if (safe.length === 0) return {};
        try {
          const response = await transport.send([headers, safe] as unknown as typeof envelope);
          // Without a status it was not sent: too many under way, or Sentry had asked for a pause.
          if (response.statusCode === undefined) count('too_many');
          else count(response.statusCode < 300 ? 'sent' : 'refused');
          return response;
        } catch {
          count('failed');
          return {};
        }
      },
    };
  };
}

/** The library itself waits for an answer without end. */
function impatient(module: Pick<typeof http, 'request'>): HttpModule {
  return {
    request: (options, answered) =>
      module.request(
        { ...(options as RequestOptions), signal: AbortSignal.timeout(longestMs) },
        answered as (response: IncomingMessage) => void,
      ),
  };
}
