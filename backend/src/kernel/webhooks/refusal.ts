import { AppError } from '../errors/index.ts';

/** The request is not the provider's, or too old. `reason` is ours, for the log; nothing of the request belongs in it. */
export const signatureRefused = (reason: string): AppError =>
  new AppError('WEBHOOK_REFUSED', { cause: new Error(reason) });
