import type { Response } from 'express';

const json = 'application/json; charset=utf-8';

/**
 * Writes a whole answer in one go. Undefined as body means none. `headers` are names and values in turn, without any that all
 * answers have (see `writeCommonHeaders`).
 */
export function sendJson(
  response: Response,
  status: number,
  headers: readonly string[],
  body: unknown,
): void {
  if (body === undefined) {
    const bodiless = status === 204 || status === 304;
    response.writeHead(status, bodiless ? [...headers] : [...headers, 'Content-Length', '0']);
    response.end();
    return;
  }
  const content = JSON.stringify(body);
  const length = Buffer.byteLength(content);
  response.writeHead(status, ['Content-Type', json, 'Content-Length', String(length), ...headers]);
  // Text of ASCII alone is the same bytes in both encodings, and Node.js writes this one with the head, unconverted.
  response.end(content, length === content.length ? 'latin1' : 'utf8');
}
