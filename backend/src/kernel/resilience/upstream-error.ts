import { AppError } from '../errors/index.ts';

/** The `cause` of what a provider's answer led to; stays in the log. */
export class ProviderAnswer extends Error {
  override readonly name = 'ProviderAnswer';
  readonly status: number;

  constructor(provider: string, status: number) {
    super(`${provider} answered ${status}`);
    this.status = status;
  }
}

/** The HTTP status that a provider answered with, where an error of `fetchJson` comes from such an answer. */
export function upstreamStatus(error: unknown): number | undefined {
  return AppError.is(error) && error.cause instanceof ProviderAnswer
    ? error.cause.status
    : undefined;
}
