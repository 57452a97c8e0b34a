import express, { type Request, type RequestHandler, type Response } from 'express';
import { AppError, toAppError } from '../errors/index.ts';

/**
 * Resolves with the very bytes that were sent; none are an empty buffer. Compressed ones are refused: they are others.
 * @param unreadable Is told why, before it rejects.
 */
export function rawBody(
  limitBytes: number,
  unreadable: (error: AppError) => void = () => undefined,
): (request: Request, response: Response) => Promise<Buffer> {
  const readBytes: RequestHandler = express.raw({
    limit: limitBytes,
    inflate: false,
    type: () => true,
  });
  const read = async (request: Request, response: Response): Promise<Buffer> => {
    const encoding = request.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity')
      throw new AppError('MALFORMED_REQUEST', { message: 'Send the body uncompressed.' });
    const failure = await new Promise<unknown>((resolve) => {
      void readBytes(request, response, resolve);
    });
    if (failure !== undefined) throw toAppError(failure);
    const bytes: unknown = request.body;
    return Buffer.isBuffer(bytes) ? bytes : Buffer.alloc(0);
  };
  return (request, response) =>
    read(request, response).catch((error: unknown) => {
      unreadable(toAppError(error));
      throw error;
    });
}
