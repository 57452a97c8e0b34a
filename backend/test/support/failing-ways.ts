import type { Database } from '../../src/kernel/db/index.ts';
import { Joi } from '../../src/kernel/schema/index.ts';

/** Throws an error that carries `said`, as some part of a real server would. */
type Way = (said: string, db: Database) => unknown;

const quoted = (text: string): string => text.replaceAll("'", "''");
const wrapped = (cause: unknown): Error => new Error('could not be saved', { cause });
const fail = (error: unknown): never => {
  throw error;
};
const query = (db: Database, sql: string, values: unknown[] = []) =>
  db.asService((tx) => tx.query(sql, values));

/** Each ends as a 5xx. */
export const failingWays: Readonly<Record<string, Way>> = {
  message: (said) => fail(new Error(`no place for ${said}`)),
  'type error': (said) => fail(new TypeError(said)),
  name: (said) => fail(Object.assign(new Error('named'), { name: said })),
  code: (said) => fail(Object.assign(new Error('coded'), { code: said })),
  stack: (said) => fail(Object.assign(new Error('x'), { stack: `Error: ${said}\n    at ${said}` })),
  cause: (said) => fail(wrapped(wrapped(new Error(said)))),
  'cause that is no error': (said) => fail(wrapped({ said })),
  aggregate: (said) => fail(new AggregateError([new Error(said), said], 'all failed')),
  'thrown text': (said) => fail(said),
  'thrown object': (said) => fail({ said, email: said }),
  'properties of the error': (said) =>
    fail(Object.assign(new Error('with more'), { body: said, config: { data: said }, said })),
  'getter of the error': (said) =>
    fail(Object.defineProperty(new Error('x'), 'message', { get: () => said })),
  'error that cannot be read': (said) =>
    fail(
      Object.defineProperty(new Error('x'), 'stack', {
        get: () => fail(new Error(said)),
      }),
    ),
  'JSON text': (said) => fail(new Error(JSON.stringify({ note: said }))),
  'JSON that does not parse': (said) => JSON.parse(`{"note": ${said}}`) as unknown,
  'URL-encoded': (said) => fail(new Error(encodeURIComponent(said))),
  'URL-encoded twice': (said) => fail(new Error(encodeURIComponent(encodeURIComponent(said)))),
  base64: (said) => fail(new Error(Buffer.from(said).toString('base64'))),
  'query of a URL': (said) =>
    fail(new Error(`GET https://api.example/?q=${encodeURIComponent(said)}`)),
  'URL that is none': (said) => new URL(said, 'not a base'),
  'request that fails': (said) => fetch(`http://127.0.0.1:1/${encodeURIComponent(said)}`),
  'SQL that is none': (said, db) => query(db, `selekt '${quoted(said)}'`),
  'table that is not there': (_, db) => query(db, 'select * from nowhere'),
  'row that exists': async (said, db) => {
    const insert = `insert into failing values ('${quoted(said.slice(0, 400))}')`;
    await db.asLogin(async (tx) => {
      await tx.query('create temporary table failing (email text primary key) on commit drop');
      await tx.query(insert);
      await tx.query(insert).catch((error: unknown) => fail(wrapped(error)));
    });
  },
  'row that is not allowed': (said, db) =>
    query(
      db,
      `do $$ begin raise exception 'no: %', $x$${said}$x$ using detail = $x$${said}$x$, errcode = 'XX000'; end $$`,
    ),
  'value of a wrong type': (said, db) =>
    query(db, 'select $1::uuid', [said]).catch((error: unknown) => fail(wrapped(error))),
  'error of Joi': (said) =>
    fail(wrapped(Joi.object({ age: Joi.number() }).validate({ age: `${said}!` }).error)),
  'error of body-parser': (said) =>
    fail(
      wrapped(Object.assign(new SyntaxError('bad'), { type: 'entity.parse.failed', body: said })),
    ),
  'error of Supabase': (said) =>
    fail(
      wrapped(
        Object.assign(new Error(`duplicate: ${said}`), {
          name: 'PostgrestError',
          details: `Key (phone)=(${said}) already exists.`,
          hint: said,
        }),
      ),
    ),
  'error of Stripe': (said) =>
    fail(
      Object.assign(new Error(`No such customer: ${said}`), {
        type: 'StripeInvalidRequestError',
        requestId: 'req_0a1b2c3d4e5f6g',
        raw: { message: said, headers: { authorization: said } },
      }),
    ),
  'circular answer': (said) => {
    const circular: Record<string, unknown> = { said };
    circular.again = circular;
    return JSON.stringify(circular);
  },
  'out of range': (said) => said.repeat(2 ** 30),
};
