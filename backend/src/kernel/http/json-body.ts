import express, { type Request, type RequestHandler, type Response } from 'express';
import { AppError, toAppError, validationFailed } from '../errors/index.ts';
import { jsonHazard } from '../schema/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const declaredCharset = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/** Resolves with the parsed body, undefined where there is none. */
export type ReadBody = (request: Request, response: Response) => Promise<unknown>;

/**
 * Reads a body of JSON as RFC 8259 has it: UTF-8 only, any value, and nothing repaired. Compressed bodies are refused:
 * below the limit there is nothing to gain, and nobody has to inflate what a stranger sends.
 */
export function jsonBody(limitBytes: number): ReadBody {
  const readBytes: RequestHandler = express.raw({
    limit: limitBytes,
    inflate: false,
    type: () => true,
  });
  return async (request, response) => {
    requireJson(request);
    const failure = await new Promise<unknown>((resolve) => {
      void readBytes(request, response, resolve);
    });
    if (failure !== undefined) throw toAppError(failure);
    const bytes: unknown = request.body;
    return Buffer.isBuffer(bytes) && bytes.length > 0 ? parseJson(bytes) : undefined;
  };
}

function requireJson(request: Request): void {
  const hasBody =
    request.headers['transfer-encoding'] !== undefined ||
    Number(request.get('content-length') ?? 0) > 0;
  const charset = declaredCharset.exec(request.get('content-type') ?? '')?.[1] ?? 'utf-8';
  if (
    hasBody &&
    (request.is('application/json') !== 'application/json' || !/^utf-?8$/i.test(charset))
  ) {
    throw new AppError('UNSUPPORTED_MEDIA_TYPE', { message: 'Send the body as application/json.' });
  }
}

function parseJson(bytes: Uint8Array): unknown {
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(bytes));
  } catch {
    // The parser's own message repeats what it was given.
    throw new AppError('MALFORMED_JSON');
  }
  const hazard = jsonHazard(value);
  if (hazard !== undefined) throw validationFailed([{ field: 'body', reason: hazard }]);
  return value;
}
