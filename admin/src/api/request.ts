import type { Supabase } from '../session/client.ts';

/** Why a request did not go well. `code` is the server's, or one of the two that it cannot say itself. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** A code of docs/errors.md; `OFFLINE` where the server was not reached; `NOT_OURS` where something else answered. */
  readonly code: string;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly requestId: string | undefined;

  constructor(code: string, message: string, status = 0, requestId?: string) {
    super(message);
    this.code = code;
    this.status = status;
    this.requestId = requestId;
  }
}

export type Query = Readonly<Record<string, string | number | undefined>>;

export interface RequestOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  query?: Query;
  body?: unknown;
  signal?: AbortSignal;
}

/** Asks the admin API and resolves with the answer, when it is a good one; rejects with an ApiError. */
export type Requester = (path: string, options?: RequestOptions) => Promise<Response>;

const patienceMs = 20_000;

export function createRequester(apiUrl: string, { auth }: Supabase): Requester {
  async function token(renew: boolean): Promise<string> {
    const { data } = renew ? await auth.refreshSession() : await auth.getSession();
    if (data.session === null) throw new ApiError('UNAUTHENTICATED', 'The session has ended.', 401);
    return data.session.access_token;
  }

  async function send(path: string, options: RequestOptions, renew: boolean): Promise<Response> {
    const { method = 'GET', query = {}, body, signal } = options;
    const url = new URL(`/api/v1/admin/${path}`, apiUrl);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined && value !== '') url.searchParams.set(name, String(value));
    const timeout = AbortSignal.timeout(patienceMs);
    try {
      return await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${await token(renew)}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? null : JSON.stringify(body),
        cache: 'no-store',
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
    } catch (error) {
      if (error instanceof ApiError || signal?.aborted === true) throw error;
      throw new ApiError('OFFLINE', 'The server does not answer.');
    }
  }

  return async (path, options = {}) => {
    let response = await send(path, options, false);
    let fault = await faultOf(response);
    if (fault?.code === 'TOKEN_EXPIRED') {
      response = await send(path, options, true);
      fault = await faultOf(response);
    }
    // Ended on the server: the browser must not go on as if it were signed in.
    if (fault?.status === 401) await auth.signOut({ scope: 'local' });
    if (fault) throw fault;
    return response;
  };
}

async function faultOf(response: Response): Promise<ApiError | undefined> {
  if (response.ok) return undefined;
  const body = (await response.json().catch(() => undefined)) as
    { error?: unknown; message?: unknown; details?: unknown; requestId?: unknown } | undefined;
  const id = typeof body?.requestId === 'string' ? body.requestId : undefined;
  if (typeof body?.error !== 'string')
    return new ApiError('NOT_OURS', 'Something else than the API answered.', response.status, id);
  const message = typeof body.message === 'string' ? body.message : body.error;
  return new ApiError(body.error, message + detailsOf(body.details), response.status, id);
}

/** Which fields are wrong and why, where the server says so. */
function detailsOf(details: unknown): string {
  if (!Array.isArray(details) || details.length === 0) return '';
  const each = (details as { field?: unknown; reason?: unknown }[]).map(
    ({ field, reason }) => `${String(field)} ${String(reason)}`,
  );
  return ` ${each.join('; ')}.`;
}
