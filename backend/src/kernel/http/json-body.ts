import express, { type RequestHandler } from 'express';
import { AppError, validationFailed } from '../errors/index.ts';
import { jsonHazard } from '../schema/index.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true });
const declaredCharset = /;\s*charset\s*=\s*"?([^\s;"]*)/i;

/**
 * Reads a body of JSON as RFC 8259 has it: UTF-8 only, any value, and nothing repaired. Compressed bodies are refused:
 * below the limit there is nothing to gain, and nobody has to inflate what a stranger sends.
 */
export function jsonBody(limitBytes: number): RequestHandler[] {
  return [
    requireJson,
    express.raw({ limit: limitBytes, inflate: false, type: () => true }),
    (request, _response, next) => {
      const bytes: unknown = request.body;
      request.body = Buffer.isBuffer(bytes) && bytes.length > 0 ? parseJson(bytes) : undefined;
      next();
    },
  ];
}

const requireJson: RequestHandler = (request, _response, next) => {
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
  next();
};

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
