import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

/** One request's one outcome: its status, or what became of it instead. */
export interface Outcome {
  /** `200`; or `reset`, `refused`, `truncated`, `timeout`, `invalid body`, or Node's own code. */
  result: string;
  /** Milliseconds after the start of the load at which it was due. */
  at: number;
  /** Milliseconds from when it was due, so that what has to wait its turn is not hidden. */
  latencyMs: number;
  headers: IncomingMessage['headers'];
  index: number;
}

export interface LoadRequest {
  url: string;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
}

export interface LoadOptions {
  /** Requests a second, sent when they are due, however long the answers before them take. */
  rate: number;
  /** Kept connections. A request that finds all of them busy waits, and its latency counts that. */
  connections: number;
  /** Without it the load goes on until `stop()`. */
  seconds?: number;
  /** From when it is due (default 30 000). */
  timeoutMs?: number;
  /** What the request of this number is. */
  request: (index: number) => LoadRequest;
  /** Says what is wrong with a whole answer; unless given, a JSON answer must parse. */
  check?: (body: string, answer: IncomingMessage, index: number) => string | undefined;
  onOutcome?: (outcome: Outcome) => void;
  signal?: AbortSignal;
}

export interface Load {
  /** Those that are decided so far. */
  readonly outcomes: readonly Outcome[];
  /** Sends no more and resolves when each request has its outcome. */
  stop(): Promise<readonly Outcome[]>;
  /** Resolves when the time is up and each request has its outcome. */
  readonly finished: Promise<readonly Outcome[]>;
}

/**
 * A strict client: an open loop at a fixed rate on kept connections. Nothing is sent twice, and every request ends in
 * exactly one outcome. A kept connection that the server closes under a request is `reset`; one that it closes with
 * `Connection: close` on an answer, or while it is idle, is replaced for the next request, as HTTP/1.1 asks for.
 */
export function startLoad(options: LoadOptions): Load {
  const { rate, connections, seconds = Infinity, signal } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections, scheduling: 'fifo' });
  const outcomes: Outcome[] = [];
  const startedAt = performance.now();
  const total = rate * seconds;
  let sent = 0;
  let stopped = false;
  let allDecided: (() => void) | undefined;

  const decide = (outcome: Outcome) => {
    outcomes.push(outcome);
    options.onOutcome?.(outcome);
    if (outcomes.length === sent) allDecided?.();
  };

  async function run(): Promise<readonly Outcome[]> {
    while (!stopped && signal?.aborted !== true && sent < total) {
      const due = Math.min(total, ((performance.now() - startedAt) / 1000) * rate);
      while (sent < due) {
        send(agent, options, sent, startedAt, decide);
        sent += 1;
      }
      await wait(2);
    }
    if (outcomes.length < sent)
      await new Promise<void>((resolve) => {
        allDecided = resolve;
      });
    agent.destroy();
    return outcomes;
  }
  const finished = run();
  return {
    outcomes,
    finished,
    stop() {
      stopped = true;
      return finished;
    },
  };
}

function send(
  agent: Agent,
  { rate, request: requestOf, check = wholeJson, timeoutMs = 30_000 }: LoadOptions,
  index: number,
  startedAt: number,
  decide: (outcome: Outcome) => void,
): void {
  const at = (index * 1000) / rate;
  const { url, method = 'GET', headers = {}, body } = requestOf(index);
  let decided = false;
  let answer: IncomingMessage | undefined;
  const end = (result: string) => {
    if (decided) return;
    decided = true;
    clearTimeout(timer);
    const latencyMs = performance.now() - startedAt - at;
    decide({ result, at, latencyMs, index, headers: answer?.headers ?? {} });
  };
  const request = httpRequest(
    url,
    {
      agent,
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }),
      },
    },
    (response) => {
      answer = response;
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', () => {
        end('truncated');
      });
      response.on('end', () => {
        const fault = check(Buffer.concat(chunks).toString('utf8'), response, index);
        end(!response.complete ? 'truncated' : (fault ?? String(response.statusCode)));
      });
    },
  );
  const timer = setTimeout(() => {
    end('timeout');
    request.destroy();
  }, timeoutMs);
  request.on('error', (error: NodeJS.ErrnoException) => {
    end(answer ? 'truncated' : failureOf(error));
  });
  request.end(body);
}

function failureOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'reset';
  if (code === 'ECONNREFUSED') return 'refused';
  return code ?? message;
}

function wholeJson(body: string, { headers }: IncomingMessage): string | undefined {
  if (headers['content-type']?.includes('json') !== true) return undefined;
  try {
    JSON.parse(body);
    return undefined;
  } catch {
    return 'invalid body';
  }
}
