import { request as overHttp, type IncomingHttpHeaders, type RequestOptions } from 'node:http';
import { request as overHttps } from 'node:https';
import { isLoopback } from '../../../backend/src/kernel/config/loopback.ts';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** At most 64 KB of it. */
  body: string;
}

export interface Question {
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /** Sends the headers and waits for the answer before a byte of the body. */
  withholdBody?: boolean;
}

/** The deployed API that is asked, politely. */
export interface Target {
  readonly url: URL;
  /** A path that nobody may read without signing in. */
  readonly protectedPath: string;
  /** The caller's own token, where it may be sent: never in clear over a network, never to a host that is not proven. */
  readonly token: string | undefined;
  readonly trusted: boolean;
  /** One request, one answer: no retry, no redirect followed. Rejects with NoAnswer. */
  ask(path: string, question?: Question): Promise<Answer>;
  /** Counts a request that is made otherwise. Throws when there have been enough. */
  count(): void;
  requests(): number;
}

/** It gave no answer, or none that is HTTP; the message says which. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** All requests of one audit, sockets included. */
export const mostRequests = 60;
const answerWithinMs = 10_000;
/** Whoever waits for what was announced and does not come has no answer, and this is long enough to see that. */
const withheldWithinMs = 2_000;
const bodyKept = 64 * 1024;

export interface TargetOptions {
  url: string;
  protectedPath: string;
  token: string | undefined;
  /** Whether the host has proven its name by a certificate; without it the token stays here. */
  trusted: boolean;
}

export function createTarget({ url: text, protectedPath, token, trusted }: TargetOptions): Target {
  const url = new URL(text);
  let requests = 0;
  const count = () => {
    if (requests >= mostRequests) throw new NoAnswer(`more than ${mostRequests} requests`);
    requests += 1;
  };
  const mayKnowToken = url.protocol === 'https:' ? trusted : isLoopback(url.origin);
  return {
    url,
    protectedPath,
    token: mayKnowToken ? token : undefined,
    trusted,
    requests: () => requests,
    count,
    ask(path, question = {}) {
      count();
      return exchange(new URL(path, url), question, trusted);
    },
  };
}

function exchange(url: URL, question: Question, trusted: boolean): Promise<Answer> {
  const { method = 'GET', headers = {}, body, withholdBody = false } = question;
  const options: RequestOptions & { rejectUnauthorized: boolean } = {
    method,
    headers: { 'user-agent': 'bulwark-prove', accept: 'application/json', ...headers },
    agent: false,
    rejectUnauthorized: trusted,
  };
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? overHttps : overHttp)(url, options);
    const timeoutMs = withholdBody ? withheldWithinMs : answerWithinMs;
    const timer = setTimeout(() => {
      request.destroy(new NoAnswer(`no answer within ${timeoutMs / 1000} s`));
    }, timeoutMs);
    const settle = (work: () => void) => {
      clearTimeout(timer);
      work();
      request.destroy();
    };
    request.on('response', (response) => {
      let text = '';
      const done = () => {
        settle(() => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text });
        });
      };
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
        if (text.length > bodyKept) done();
      });
      response.on('end', done);
      response.on('error', (error) => {
        settle(() => {
          reject(asNoAnswer(error));
        });
      });
    });
    request.on('error', (error) => {
      settle(() => {
        reject(asNoAnswer(error));
      });
    });
    if (withholdBody) request.flushHeaders();
    else request.end(body);
  });
}

function asNoAnswer(error: NodeJS.ErrnoException): NoAnswer {
  if (error instanceof NoAnswer) return error;
  const { code = error.message } = error;
  return new NoAnswer(
    code.startsWith('HPE_') ? `what it answers is not HTTP (${code})` : `no answer (${code})`,
    code,
  );
}
