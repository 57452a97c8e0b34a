import { request, type Dispatcher } from 'undici';
import type { Method } from './types.ts';

export interface ExchangeOptions {
  method: Method;
  url: URL;
  headers: Readonly<Record<string, string>>;
  body?: string;
  signal: AbortSignal;
  /** Of the body, after decompression. */
  maxBytes: number;
  dispatcher: Dispatcher;
  /** Where a redirect may lead; throws or says no. Asked for GET and HEAD only. */
  mayFollow(location: URL): boolean;
}

export interface Exchanged {
  status: number;
  headers: Map<string, string>;
  body: Buffer;
  url: URL;
}

/** The answer came, and nobody should read it. */
export class UnusableAnswer extends Error {
  override readonly name = 'UnusableAnswer';
  readonly status: number;

  constructor(reason: string, status: number) {
    super(reason);
    this.status = status;
  }
}

const mostRedirects = 3;
const redirects = new Set([301, 302, 303, 307, 308]);

/** One request and its whole answer, following a few redirects. Rejects with what undici says, or with UnusableAnswer. */
export async function exchange(options: ExchangeOptions): Promise<Exchanged> {
  let { url } = options;
  for (let followed = 0; ; followed += 1) {
    const answer = await once({ ...options, url });
    const location = answer.headers.get('location');
    if (!redirects.has(answer.status) || location === undefined) return answer;
    if (followed === mostRedirects) throw new UnusableAnswer('too many redirects', answer.status);
    const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined;
    const followable = options.method === 'GET' || options.method === 'HEAD';
    if (next === undefined || !followable || !options.mayFollow(next))
      throw new UnusableAnswer('a redirect that is not followed', answer.status);
    url = next;
  }
}

async function once({
  method,
  url,
  headers,
  body,
  signal,
  maxBytes,
  dispatcher,
}: ExchangeOptions): Promise<Exchanged> {
  const response = await request(url.href, {
    method,
    headers,
    body: body ?? null,
    signal,
    dispatcher,
    // The signal is what ends it.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const { statusCode: status } = response;
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new UnusableAnswer('too big', status);
      chunks.push(chunk);
    }
  } catch (error) {
    // What is left of it would be read to keep the connection.
    response.body.on('error', () => undefined).destroy();
    const tooBig = (error as { code?: unknown }).code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
    throw tooBig ? new UnusableAnswer('too big', status) : error;
  }
  const named = Object.entries(response.headers).flatMap(([name, value]): [string, string][] =>
    value === undefined
      ? []
      : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
  );
  return { status, headers: new Map(named), body: Buffer.concat(chunks), url };
}
