import { randomBytes } from 'node:crypto';
import { startOtlpSink, type SinkSpan } from '../../../backend/test/support/otlp-sink.ts';
import { defineClaim } from '../claim.ts';
import { startLoad } from '../measure/http-load.ts';
import { describeCounts, grouped, summarize } from '../measure/summary.ts';

const rate = 150;
const seconds = 5;
const server = 2;
const client = 3;
const hex = (bytes: number) => randomBytes(bytes).toString('hex');

export default defineClaim({
  id: 'traces-connect',
  phase: 3,
  claim:
    "Every traced request is one span below its caller's, with its database transaction below it and its trace id in its log line.",
  bound: 'every request, and no other span',
  seconds: 9,
  async measure({ stack, startServer, signal }) {
    const sink = await startOtlpSink();
    try {
      const api = await startServer({
        environment: {
          OTEL_EXPORTER_OTLP_ENDPOINT: sink.url,
          RATE_LIMIT_PUBLIC: '1000000',
          OVERLOAD_EVENT_LOOP_DELAY_MS: '60000',
        },
      });
      const { accessToken } = await stack.signUp();
      const callers = Array.from({ length: rate * seconds }, () => ({
        traceId: hex(16),
        spanId: hex(8),
      }));
      const load = startLoad({
        rate,
        connections: 20,
        seconds,
        request: (index) => ({
          url: `${api.url}/api/v1/recipes`,
          headers: {
            authorization: `Bearer ${accessToken}`,
            'x-request-id': `traced-${index}`,
            traceparent: `00-${callers[index]?.traceId ?? ''}-${callers[index]?.spanId ?? ''}-01`,
          },
        }),
        signal,
      });
      const { counts } = summarize(await load.finished);
      // A stopping server sends what it has left.
      api.child.kill('SIGTERM');
      await api.ended;

      const byTrace = Map.groupBy(sink.spans, ({ traceId }) => traceId);
      const lines = new Map(
        api
          .lines()
          .filter(({ msg }) => msg === 'request')
          .map((line) => [line.requestId, line.traceId]),
      );
      const faults = callers.flatMap((caller, index) => {
        const fault =
          faultOf(byTrace.get(caller.traceId) ?? [], caller.spanId) ??
          (lines.get(`traced-${index}`) === caller.traceId ? undefined : 'not in the log line');
        return fault === undefined ? [] : [`request ${index}: ${fault}`];
      });
      const whole = callers.length - faults.length;
      return {
        figure: `${grouped(whole)} of ${grouped(callers.length)} requests connected (${describeCounts(counts)}), ${grouped(sink.spans.length)} spans`,
        holds: faults.length === 0 && counts['200'] === callers.length,
        faults: faults.slice(0, 20),
      };
    } finally {
      await sink.close();
    }
  },
});

/** What is wrong with the spans of one request, where something is. */
function faultOf(spans: readonly SinkSpan[], callerId: string): string | undefined {
  const [request, ...others] = spans.filter(({ kind }) => kind === server);
  if (!request || others.length > 0) return `${others.length + (request ? 1 : 0)} server spans`;
  if (request.parentSpanId !== callerId) return "not below its caller's span";
  if (request.name !== 'GET /api/v1/recipes') return `named ${request.name}`;
  const transactions = spans.filter(({ kind }) => kind === client);
  if (transactions.length === 0) return 'no transaction';
  return transactions.every(({ parentSpanId }) => parentSpanId === request.spanId)
    ? undefined
    : 'a transaction elsewhere';
}
