/** A place in a trace, as W3C Trace Context carries it between services. */
export interface TraceContext {
  /** 32 lower-case hex digits, not all zero. */
  traceId: string;
  /** 16 lower-case hex digits, not all zero: the span that asks. */
  spanId: string;
  sampled: boolean;
  /** `tracestate` as it came, where it is well-formed. */
  state: string | undefined;
}

// https://www.w3.org/TR/trace-context/#traceparent-header: later versions may add fields behind these four.
const traceparentForm =
  /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const sampledFlag = 1;
/** Longer headers are no trace context of anyone's; the specification asks for 512 characters of tracestate. */
const longestHeader = 512;
const mostMembers = 32;
const member =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=[\x20-\x2b\x2d-\x3c\x3e-\x7e]{0,255}[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;

/** Undefined for anything but a valid `traceparent`; a malformed `tracestate` is left out, as the specification asks. */
export function parseTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  if (traceparent === undefined || traceparent.length > longestHeader) return undefined;
  const [, version, traceId, spanId, flags, more] = traceparentForm.exec(traceparent) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === '00' && more !== undefined) return undefined;
  const sampled = (Number.parseInt(flags, 16) & sampledFlag) !== 0;
  return { traceId, spanId, sampled, state: wellFormedState(tracestate) };
}

function wellFormedState(tracestate: string | undefined): string | undefined {
  if (tracestate === undefined || tracestate.length > longestHeader) return undefined;
  const members = tracestate
    .split(',')
    .map((text) => text.trim())
    .filter((text) => text !== '');
  const keys = new Set(members.map((text) => text.split('=', 1)[0]));
  const wellFormed =
    members.length > 0 &&
    members.length <= mostMembers &&
    keys.size === members.length &&
    members.every((text) => member.test(text));
  return wellFormed ? members.join(',') : undefined;
}

/** The headers that carry a place in a trace to the next service. */
export function traceHeaders(context: TraceContext): Record<string, string> {
  const { traceId, spanId, sampled, state } = context;
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    ...(state === undefined ? {} : { tracestate: state }),
  };
}
