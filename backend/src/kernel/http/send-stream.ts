import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import type { Route } from './route.ts';

/**
 * Writes an answer of 200 piece by piece, as fast as its client takes it. What fails before the first piece is an answer
 * like every other failure; after it the connection is cut, so that no client takes a part for the whole.
 */
export async function sendStream(
  response: Response,
  { responses }: Route,
  stream: AsyncIterable<string>,
  headers: readonly string[],
): Promise<void> {
  const pieces = stream[Symbol.asyncIterator]();
  let next = await pieces.next();
  const contentType = responses[200]?.contentType ?? 'text/plain; charset=utf-8';
  response.writeHead(200, ['Content-Type', contentType, ...headers]);

  async function* all(): AsyncGenerator<string> {
    try {
      for (; next.done !== true; next = await pieces.next()) yield next.value;
    } finally {
      await pieces.return?.();
    }
  }
  // A HEAD request is answered with the head alone, and what is written is dropped by Node.js.
  await pipeline(Readable.from(all(), { objectMode: true, highWaterMark: 1 }), response);
}
