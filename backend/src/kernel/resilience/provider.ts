import { Agent, interceptors, type Dispatcher } from 'undici';
import { currentLogContext, type Logger } from '../logging/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Infer, Schema } from '../schema/index.ts';
import type { Tracing } from '../telemetry/index.ts';
import { answerSample } from './answer-sample.ts';
import { logCalls } from './call-lines.ts';
import type { Definition } from './definition.ts';
import { exchange, UnusableAnswer, type Exchanged } from './exchange.ts';
import { FailedTry, failedByStatus } from './failed-try.ts';
import { readJson } from './json-answer.ts';
import type { Policy } from './policy.ts';
import { retryAfterMs } from './retry-after.ts';
import type { Attempt, JsonRequest, JsonResponse, Method, Provider, Quota } from './types.ts';

/** Who asks these twice gets what asking once gives (RFC 9110, 9.2.2). */
const idempotentMethods: ReadonlySet<Method> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
const connectTimeoutMs = 5_000;

export interface ProviderParts {
  definition: Definition;
  policy: Policy;
  tracing: Tracing;
  logger: Logger;
  scrubber: Scrubber;
  version: string;
  noteQuota(quota: Quota): void;
}

export interface HttpProvider extends Provider {
  close(): Promise<void>;
}

export function createProvider(parts: ProviderParts): HttpProvider {
  const { definition, policy, tracing, logger, scrubber, version } = parts;
  const { name, maxBytes } = definition;
  const logged = logCalls(logger, name);
  const base = new URL(`${definition.baseUrl}/`);
  const agent = new Agent({
    connections: definition.concurrency,
    connect: { timeout: connectTimeoutMs },
  });
  const dispatcher: Dispatcher = agent.compose(
    interceptors.decompress({ maxSize: maxBytes, skipErrorResponses: false }),
  );

  /** What every request carries on, so that one id leads through both sides' logs. */
  function carriedHeaders(trace: Readonly<Record<string, string>>): Record<string, string> {
    const requestId = currentLogContext()?.requestId;
    return {
      ...trace,
      ...(requestId !== undefined && { 'x-request-id': requestId }),
    };
  }

  function urlOf({ path, query = {} }: Pick<JsonRequest<Schema>, 'path' | 'query'>): URL {
    const url = new URL(`${definition.baseUrl}${path}`);
    // Whatever an input made of the path, the key does not go elsewhere.
    if (url.origin !== base.origin || !url.pathname.startsWith(base.pathname) || path[0] !== '/')
      throw new Error(`A path of ${name} leads away from ${definition.baseUrl}`);
    for (const [key, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.append(key, String(value));
    return url;
  }

  function spanned<T>(
    operation: string,
    attempt: number,
    work: (carried: Record<string, string>) => Promise<T>,
  ): Promise<T> {
    return tracing.span(
      `${name} ${operation}`,
      { 'peer.service': name, 'server.address': base.hostname, 'bulwark.attempt': attempt },
      (traceHeaders) => work(carriedHeaders(traceHeaders())),
    );
  }

  async function ask(request: JsonRequest<Schema>, url: URL, attempt: Attempt): Promise<Exchanged> {
    const { method = 'GET', idempotencyKey } = request;
    const { text, type } = contentOf(request);
    return exchange({
      method,
      url,
      headers: {
        accept: 'application/json',
        'accept-encoding': 'gzip, deflate, br',
        'user-agent': `bulwark/${version}`,
        ...(text !== undefined && { 'content-type': type }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
        ...attempt.headers,
        ...definition.headers(),
        ...request.headers,
      },
      ...(text !== undefined && { body: text }),
      signal: attempt.signal,
      maxBytes,
      dispatcher,
      mayFollow: (location) => location.origin === base.origin,
    });
  }

  /** Judges one answer; what makes it useless is logged with a sample, for only here its text is known. */
  function judge<S extends Schema>(answer: Exchanged, schema: S, operation: string): Infer<S> {
    const { status, headers, body } = answer;
    try {
      if (status < 200 || status > 299)
        throw failedByStatus(name, status, retryAfterMs(headers.get('retry-after')));
      return readJson(body, schema);
    } catch (error) {
      if (error instanceof FailedTry && (error.kind === 'invalid' || error.kind === 'rejected'))
        logger.warn(
          {
            provider: name,
            operation,
            status,
            reason: error.message,
            ...(Array.isArray(error.cause) && { faults: error.cause as unknown }),
            sample: answerSample(body, scrubber, definition.headers()),
          },
          'A provider gave an answer that cannot be used',
        );
      throw error;
    }
  }

  return {
    name,
    noteQuota: parts.noteQuota,
    async fetchJson<S extends Schema>(request: JsonRequest<S>): Promise<JsonResponse<Infer<S>>> {
      const { method = 'GET', idempotencyKey, interactive = false, signal } = request;
      const url = urlOf(request);
      const idempotent =
        request.idempotent ?? (idempotentMethods.has(method) || idempotencyKey !== undefined);
      const operation = request.operation ?? `${method} ${url.pathname}`;
      return logged(operation, signal, (tried) =>
        policy.execute({ idempotent, interactive, signal }, (attempt) => {
          tried(attempt.number);
          return spanned(method, attempt.number, async (headers) => {
            try {
              const answer = await ask(request, url, { ...attempt, headers });
              const body = judge(answer, request.schema, operation);
              return { status: answer.status, headers: answer.headers, body };
            } catch (error) {
              throw error instanceof UnusableAnswer ? unusable(error) : error;
            }
          });
        }),
      );
    },
    run(work, { idempotent = false, interactive = false, signal, operation = 'call' } = {}) {
      return logged(operation, signal, (tried) =>
        policy.execute({ idempotent, interactive, signal }, (attempt) => {
          tried(attempt.number);
          return spanned(operation, attempt.number, (headers) => work({ ...attempt, headers }));
        }),
      );
    },
    close: () => agent.destroy(),
  };

  function unusable({ message, status }: UnusableAnswer): FailedTry {
    logger.warn(
      { provider: name, status, reason: message },
      'A provider gave an answer that cannot be used',
    );
    return new FailedTry('invalid', { reason: message, blame: false, again: false });
  }
}

function contentOf({ body, form }: JsonRequest<Schema>): {
  text: string | undefined;
  type: string;
} {
  if (form !== undefined)
    return {
      text: new URLSearchParams({ ...form }).toString(),
      type: 'application/x-www-form-urlencoded',
    };
  return {
    text: body === undefined ? undefined : JSON.stringify(body),
    type: 'application/json',
  };
}
