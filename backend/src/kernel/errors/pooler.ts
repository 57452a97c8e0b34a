/**
 * What a connection pooler (Supavisor, PgBouncer) or Postgres says when it takes no more connections.
 * They come as database errors, mostly under SQLSTATE XX000, so the text is all there is to go by.
 */
export const poolerOverloadMessages: readonly string[] = [
  'Authentication error',
  'Max client connections reached',
  'remaining connection slots are reserved for non-replication superuser connections',
  'no more connections allowed',
  'sorry, too many clients already',
  'server login has been failing, try again later',
  'server login has been failing, cached error',
];

/** Not overload, but just as little the caller's: the session mode's limit, and a project Supavisor does not know. */
export const poolerRefusalMessages: readonly string[] = [
  'MaxClientsInSessionMode',
  'Tenant or user not found',
];

/** Newer Supavisors put a code before the text: `(EMAXCONN) max client connections reached`. */
const supavisorCode = /^\((E[A-Z]+)\) /;

/** Of those, the ones that refuse a statement of ours instead of a connection. */
const statementRefusals: ReadonlySet<string> = new Set(['ESETNOTALLOWED', 'ESESSIONLEAK']);

const known = [...poolerOverloadMessages, ...poolerRefusalMessages].map((message) =>
  message.toLowerCase(),
);

/** Whether a database error's message says that the pooler gave no connection. */
export function isPoolerRefusal(message: string): boolean {
  const code = supavisorCode.exec(message)?.[1];
  if (code !== undefined) return !statementRefusals.has(code);
  const text = message.toLowerCase();
  return known.some((part) => text.includes(part));
}
