import { AppError } from './app-error.ts';
import { codeTable, isObject, messageOf, type CodeTable, type Thrown } from './code-table.ts';
import type { ErrorCode } from './codes.ts';

/**
 * Codes of sockets, name look-ups and TLS. Raw sockets lead to Postgres, or to Redis, whose errors kernel/redis wraps; all
 * else goes through fetch, which wraps them. Out of file descriptors or ports is our own overload.
 * Source: Node's "Common system errors", dns and tls.
 */
export const networkCodes: CodeTable = codeTable([
  ['DATABASE_UNAVAILABLE', 'ECONNREFUSED ECONNRESET ECONNABORTED ETIMEDOUT EPIPE ENOTFOUND'],
  ['DATABASE_UNAVAILABLE', 'EAI_AGAIN EAI_FAIL EAI_NODATA EAI_NONAME EHOSTUNREACH EHOSTDOWN'],
  ['DATABASE_UNAVAILABLE', 'ENETUNREACH ENETDOWN ENETRESET ENOTCONN ESHUTDOWN EPROTO'],
  ['DATABASE_UNAVAILABLE', 'CERT_HAS_EXPIRED CERT_NOT_YET_VALID CERT_REVOKED CERT_UNTRUSTED'],
  ['DATABASE_UNAVAILABLE', 'CERT_REJECTED CERT_SIGNATURE_FAILURE CERT_CHAIN_TOO_LONG'],
  ['DATABASE_UNAVAILABLE', 'DEPTH_ZERO_SELF_SIGNED_CERT SELF_SIGNED_CERT_IN_CHAIN INVALID_CA'],
  ['DATABASE_UNAVAILABLE', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE UNABLE_TO_GET_ISSUER_CERT'],
  ['DATABASE_UNAVAILABLE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY HOSTNAME_MISMATCH'],
  ['DATABASE_UNAVAILABLE', 'ERR_TLS_CERT_ALTNAME_INVALID ERR_TLS_HANDSHAKE_TIMEOUT'],
  ['SERVICE_UNAVAILABLE', 'EMFILE ENFILE ENOBUFS EADDRNOTAVAIL'],
]);

/** fetch's own. Source: undici, "Errors". */
export const fetchCodes: CodeTable = codeTable([
  ['UPSTREAM_UNAVAILABLE', 'UND_ERR_CONNECT_TIMEOUT UND_ERR_HEADERS_TIMEOUT UND_ERR_BODY_TIMEOUT'],
  ['UPSTREAM_UNAVAILABLE', 'UND_ERR_SOCKET UND_ERR_CLOSED UND_ERR_DESTROYED UND_ERR_ABORTED'],
  ['UPSTREAM_UNAVAILABLE', 'UND_ERR_HEADERS_OVERFLOW UND_ERR_RES_CONTENT_LENGTH_MISMATCH'],
  ['UPSTREAM_UNAVAILABLE', 'UND_ERR_RES_EXCEEDED_MAX_SIZE'],
]);

/** Errors of pg and pg-pool that have nothing but a message. */
export const driverMessages: ReadonlyMap<string, ErrorCode> = new Map([
  ['Connection terminated', 'DATABASE_UNAVAILABLE'],
  ['Connection terminated unexpectedly', 'DATABASE_UNAVAILABLE'],
  ['Connection terminated due to connection timeout', 'DATABASE_UNAVAILABLE'],
  ['timeout expired', 'DATABASE_UNAVAILABLE'],
  ['timeout exceeded when trying to connect', 'DATABASE_UNAVAILABLE'],
  ['Client has encountered a connection error and is not queryable', 'DATABASE_UNAVAILABLE'],
  ['Client was closed and is not queryable', 'DATABASE_UNAVAILABLE'],
  ['Cannot use a pool after calling end on the pool', 'DATABASE_UNAVAILABLE'],
  ['The server does not support SSL connections', 'DATABASE_UNAVAILABLE'],
  ['There was an error establishing an SSL connection', 'DATABASE_UNAVAILABLE'],
  ['Query read timeout', 'DATABASE_TIMEOUT'],
]);

/** The same where the message goes on: a failed login, and a server that speaks something else. */
const driverMessageStarts = ['SASL: ', 'received invalid response: '];

const maxAttempts = 8;

export function fromNetwork(thrown: Thrown): AppError | undefined {
  const code = networkErrorCode(thrown) ?? abortErrorCode(thrown);
  return code === undefined ? undefined : new AppError(code, { cause: thrown });
}

function networkErrorCode(thrown: Thrown): ErrorCode | undefined {
  const message = messageOf(thrown);
  if (isClientGone(thrown, message)) return 'MALFORMED_REQUEST';
  if (message === 'fetch failed') {
    return isObject(thrown.cause) && socketErrorCode(thrown.cause) !== undefined
      ? 'UPSTREAM_UNAVAILABLE'
      : undefined;
  }
  return (
    socketErrorCode(thrown) ??
    driverMessages.get(message) ??
    (driverMessageStarts.some((start) => message.startsWith(start))
      ? 'DATABASE_UNAVAILABLE'
      : undefined)
  );
}

function socketErrorCode({ code, errors }: Thrown): ErrorCode | undefined {
  if (typeof code === 'string') {
    // OpenSSL's reasons are many and change; every one of them means that no connection was made.
    if (code.startsWith('ERR_SSL_')) return 'DATABASE_UNAVAILABLE';
    return networkCodes.get(code) ?? fetchCodes.get(code);
  }
  // Happy Eyeballs: one error for each address that was tried.
  if (!Array.isArray(errors)) return undefined;
  for (const attempt of errors.slice(0, maxAttempts) as unknown[]) {
    const ours = isObject(attempt) && networkCodes.get(String(attempt.code));
    if (ours) return ours;
  }
  return undefined;
}

/** Node's error on a request whose client hung up. Nobody reads the answer; it must only not look like our fault. */
function isClientGone({ code, syscall }: Thrown, message: string): boolean {
  return message === 'aborted' && code === 'ECONNRESET' && syscall === undefined;
}

function abortErrorCode({ name }: Thrown): ErrorCode | undefined {
  if (name === 'TimeoutError') return 'UPSTREAM_UNAVAILABLE';
  if (name === 'AbortError') return 'SERVICE_UNAVAILABLE';
  return undefined;
}
