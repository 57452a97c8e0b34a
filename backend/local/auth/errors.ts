import type { ErrorRequestHandler, Request, Response } from 'express';
import type { Logger } from './context.ts';

/** The codes of GoTrue that the emulator answers with, and one of its own: `not_implemented`. */
export type AuthErrorCode =
  | 'bad_json'
  | 'bad_jwt'
  | 'email_address_invalid'
  | 'email_exists'
  | 'email_not_confirmed'
  | 'invalid_credentials'
  | 'no_authorization'
  | 'not_admin'
  | 'not_implemented'
  | 'phone_exists'
  | 'phone_provider_disabled'
  | 'refresh_token_already_used'
  | 'refresh_token_not_found'
  | 'same_password'
  | 'session_expired'
  | 'session_not_found'
  | 'unexpected_failure'
  | 'user_already_exists'
  | 'user_banned'
  | 'user_not_found'
  | 'validation_failed'
  | 'weak_password';

/** The only error whose message reaches a client. */
export class AuthError extends Error {
  readonly status: number;
  readonly code: AuthErrorCode;
  readonly weaknesses: readonly string[];

  constructor(
    status: number,
    code: AuthErrorCode,
    message: string,
    weaknesses: readonly string[] = [],
  ) {
    super(message);
    this.name = 'AuthError';
    this.status = status;
    this.code = code;
    this.weaknesses = weaknesses;
  }
}

const versionHeader = 'x-supabase-api-version';
const codedVersion = '2024-01-01';

/**
 * From API version 2024-01-01 on the body is `{ code: 'weak_password', message }` and the version is
 * echoed; older clients get `{ code: 422, error_code: 'weak_password', msg }`. supabase-js reads the
 * code from one or the other by the echoed header.
 */
export function sendAuthError(req: Request, res: Response, error: AuthError): void {
  const requested = req.get(versionHeader) ?? '';
  const isCoded = /^\d{4}-\d{2}-\d{2}$/.test(requested) && requested >= codedVersion;
  if (isCoded) res.set(versionHeader, codedVersion);
  res.status(error.status).json({
    ...(isCoded
      ? { code: error.code, message: error.message }
      : { code: error.status, error_code: error.code, msg: error.message }),
    ...(error.code === 'weak_password' && { weak_password: { reasons: error.weaknesses } }),
  });
}

/** Answers every thrown error; what is not an AuthError keeps its message to the log. */
export function errorHandler(logger: Logger | undefined): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) {
      next(error);
      return;
    }
    const answer = toAuthError(error);
    if (answer.status >= 500) {
      logger?.error({ path: req.path, error: describe(error) }, 'auth emulator failed');
    }
    sendAuthError(req, res, answer);
  };
}

function toAuthError(error: unknown): AuthError {
  if (error instanceof AuthError) return error;
  const { type, code } = describe(error);
  // express.json marks its own errors with a type such as `entity.parse.failed`.
  if (type !== undefined) return new AuthError(400, 'bad_json', 'The request body is not JSON');
  // SQLSTATE class 22: the value fits no column, for instance a NUL character or a text too long.
  if (code?.startsWith('22') === true) {
    return new AuthError(400, 'validation_failed', 'A value cannot be stored');
  }
  return new AuthError(500, 'unexpected_failure', 'The auth emulator failed, see its log');
}

/** Name, code and type of an error: a message from Postgres may hold an address or a token. */
function describe(error: unknown): { name?: string; code?: string; type?: string } {
  if (!(error instanceof Error)) return {};
  const { code, type } = error as Error & { code?: unknown; type?: unknown };
  return {
    name: error.name,
    ...(typeof code === 'string' && { code }),
    ...(typeof type === 'string' && { type }),
  };
}
