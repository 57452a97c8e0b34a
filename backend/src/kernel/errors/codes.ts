/**
 * Every error a client can meet. One code has one HTTP status and one plain message; the list is closed.
 * `docs/errors.md` is generated from it.
 */
export const errorCodes = {
  // The request itself
  VALIDATION_FAILED: { status: 400, message: 'The request is not valid.' },
  MALFORMED_JSON: { status: 400, message: 'The request body is not valid JSON.' },
  MALFORMED_REQUEST: { status: 400, message: 'The request could not be read.' },
  UNSTORABLE_VALUE: { status: 400, message: 'A value cannot be stored.' },
  PAYLOAD_TOO_LARGE: { status: 413, message: 'The request is too large.' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, message: 'This content type is not supported.' },
  NOT_ACCEPTABLE: { status: 406, message: 'No acceptable representation exists.' },
  REQUEST_TIMEOUT: { status: 408, message: 'The request took too long to arrive.' },
  NOT_FOUND: { status: 404, message: 'Nothing was found here.' },
  METHOD_NOT_ALLOWED: { status: 405, message: 'This method is not allowed here.' },
  WEBHOOK_REFUSED: { status: 400, message: 'The signature is not valid.' },
  RATE_LIMITED: { status: 429, message: 'Too many requests. Try again later.' },

  // Who is asking
  UNAUTHENTICATED: { status: 401, message: 'Sign in first.' },
  TOKEN_INVALID: { status: 401, message: 'The access token is not valid.' },
  TOKEN_EXPIRED: { status: 401, message: 'The access token has expired.' },
  SESSION_REVOKED: { status: 401, message: 'The session has ended. Sign in again.' },
  INVALID_CREDENTIALS: { status: 401, message: 'The credentials are not correct.' },
  WEAK_PASSWORD: { status: 400, message: 'The password does not meet the requirements.' },
  VERIFICATION_FAILED: {
    status: 400,
    message: 'The code, link or proof is not valid or has expired. Start again.',
  },
  USER_BANNED: { status: 403, message: 'This account is suspended.' },
  ACCOUNT_NOT_CONFIRMED: {
    status: 403,
    message: 'Confirm your email address or phone number first.',
  },
  MFA_REQUIRED: { status: 403, message: 'A second factor is needed for this.' },
  REAUTHENTICATION_REQUIRED: { status: 403, message: 'Prove again who you are first.' },
  AUTH_METHOD_DISABLED: { status: 403, message: 'This way of signing in is not enabled.' },
  FORBIDDEN: { status: 403, message: 'You may not do this.' },
  ENTITLEMENT_REQUIRED: {
    status: 403,
    message: 'This is part of what you can buy. You do not have it now.',
  },
  ORIGIN_NOT_ALLOWED: { status: 403, message: 'This origin is not allowed.' },

  // The state of what is asked for
  DUPLICATE_ENTRY: { status: 409, message: 'This already exists.' },
  REFERENCE_VIOLATION: {
    status: 409,
    message: 'Something this refers to, or that refers to it, stands in the way.',
  },
  CONSTRAINT_VIOLATION: { status: 400, message: 'A value is not allowed here.' },
  CONFLICT: { status: 409, message: 'Someone else changed this at the same time. Try again.' },
  STATE_CONFLICT: { status: 409, message: 'The current state does not allow this.' },
  PRECONDITION_FAILED: { status: 412, message: 'This has changed since you read it.' },
  PRECONDITION_REQUIRED: { status: 428, message: 'Say which version you are changing (If-Match).' },
  IDEMPOTENCY_IN_FLIGHT: {
    status: 409,
    message: 'The first request with this Idempotency-Key is still under way. Try again soon.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    message: 'This Idempotency-Key came with another request before. Use a new one.',
  },

  PURCHASE_OWNED: {
    status: 409,
    message: 'This purchase belongs to another account. Sign in with the account that made it.',
  },
  PURCHASE_INVALID: {
    status: 422,
    message: 'This is no purchase that the store has made in this app.',
  },
  LEGACY_RECEIPT: {
    status: 400,
    message: 'Receipts of the old kind are not taken. Send the signed transaction of StoreKit 2.',
  },

  // Our side
  DATABASE_UNAVAILABLE: { status: 503, message: 'The database is not reachable. Try again soon.' },
  DATABASE_TIMEOUT: { status: 503, message: 'The database took too long. Try again soon.' },
  AUTH_UNAVAILABLE: {
    status: 503,
    message: 'Sign-in cannot be checked right now. Try again soon.',
  },
  UPSTREAM_UNAVAILABLE: {
    status: 503,
    message: 'A service this depends on is not available. Try again soon.',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    message: 'A service this depends on took too long. Try again soon.',
  },
  UPSTREAM_RATE_LIMITED: {
    status: 503,
    message: 'A service this depends on cannot be asked again yet. Try again later.',
  },
  UPSTREAM_QUOTA_EXCEEDED: {
    status: 503,
    message: 'The calls to a service this depends on are used up for now. Try again later.',
  },
  UPSTREAM_INVALID_RESPONSE: {
    status: 502,
    message: 'A service this depends on gave an answer that makes no sense.',
  },
  UPSTREAM_REJECTED: {
    status: 502,
    message: 'A service this depends on refused the request.',
  },
  SERVICE_UNAVAILABLE: { status: 503, message: 'The service is not available. Try again soon.' },
  NOT_IMPLEMENTED: { status: 501, message: 'This is not supported.' },
  INTERNAL_ERROR: { status: 500, message: 'Something went wrong on our side.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type ErrorCode = keyof typeof errorCodes;
