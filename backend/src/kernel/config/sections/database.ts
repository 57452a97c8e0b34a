import { Joi } from '../../schema/index.ts';
import type { Fault } from '../fault.ts';
import type { Secret } from '../secret.ts';
import { defineSection, secretSetting, setting } from '../section.ts';
import { flag, integer, milliseconds } from '../value-kinds.ts';

/** A URL that names a host (or, for a Unix socket, `?host=/path`) and a database. */
const databaseUrl = (): Joi.StringSchema =>
  Joi.string()
    .custom((text: string, helpers) => (isDatabaseUrl(text) ? text : helpers.error('any.invalid')))
    .description(
      'postgresql://user:password@host:port/database, with special characters %-encoded',
    );

function isDatabaseUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  const hasHost = url.hostname !== '' || url.searchParams.has('host');
  return /^postgres(ql)?:$/.test(url.protocol) && hasHost && url.pathname.length > 1;
}

/** Undefined for Supabase's transaction pooler: what is heard on a connection that changes hands reaches nobody. */
function sessionUrl(url: Secret): Secret | undefined {
  const { hostname, port } = new URL(url.reveal());
  return port === '6543' && /\.supabase\.(com|co)$/.test(hostname) ? undefined : url;
}

export const databaseSection = defineSection({
  owner: 'kernel/db',
  keys: {
    DATABASE_URL: secretSetting(databaseUrl(), {
      doc: 'Postgres: directly, or through the session or transaction pooler of Supabase.',
      example:
        'postgresql://postgres:your-database-password@db.your-project.supabase.co:5432/postgres',
      kind: 'connection',
    }),
    DATABASE_LISTEN_URL: secretSetting(databaseUrl(), {
      doc: 'Postgres past any transaction pooler, for LISTEN; DATABASE_URL otherwise. Processes hear each other by it.',
      example:
        'postgresql://postgres:your-database-password@db.your-project.supabase.co:5432/postgres',
      optional: true,
      kind: 'connection',
    }),
    DATABASE_PREPARE_READS: setting(flag(), {
      doc: 'Lets Postgres plan a read once a connection. Turned off by itself behind a transaction pooler, which cannot keep it.',
      default: 'true',
    }),
    DATABASE_POOL_MAX: setting(integer(1, 500), {
      doc: 'Most connections that one process opens.',
      default: '10',
    }),
    DATABASE_ACQUIRE_TIMEOUT_MS: setting(milliseconds(100, 60_000), {
      doc: 'Longest wait for a free connection.',
      default: '5000',
    }),
    DATABASE_STATEMENT_TIMEOUT_MS: setting(milliseconds(100, 600_000), {
      doc: 'Postgres cancels a statement after this.',
      default: '10000',
    }),
    DATABASE_LOCK_TIMEOUT_MS: setting(milliseconds(100, 600_000), {
      doc: 'Longest wait for a lock; at most DATABASE_STATEMENT_TIMEOUT_MS.',
      default: '3000',
    }),
  },
  check(values) {
    const faults: Fault[] = [];
    const statement = values.DATABASE_STATEMENT_TIMEOUT_MS ?? Infinity;
    if ((values.DATABASE_LOCK_TIMEOUT_MS ?? 0) > statement)
      faults.push({
        variable: 'DATABASE_LOCK_TIMEOUT_MS',
        problem: 'is longer than DATABASE_STATEMENT_TIMEOUT_MS, so it would never strike',
        remedy: 'Set it to at most DATABASE_STATEMENT_TIMEOUT_MS',
      });
    return faults;
  },
  settings: (values) => ({
    url: values.DATABASE_URL,
    listenUrl: values.DATABASE_LISTEN_URL ?? sessionUrl(values.DATABASE_URL),
    prepareReads: values.DATABASE_PREPARE_READS && sessionUrl(values.DATABASE_URL) !== undefined,
    poolMax: values.DATABASE_POOL_MAX,
    acquireTimeoutMs: values.DATABASE_ACQUIRE_TIMEOUT_MS,
    statementTimeoutMs: values.DATABASE_STATEMENT_TIMEOUT_MS,
    lockTimeoutMs: values.DATABASE_LOCK_TIMEOUT_MS,
  }),
});
