import { setTimeout as wait } from 'node:timers/promises';
import type { Database } from '../../../../backend/src/kernel/db/index.ts';
import type { Route } from '../../../../backend/src/kernel/http/index.ts';
import { errors, Joi, route, shape, text, withDefault } from '../built.ts';

const tag = 'probe';
const responses = { 200: { description: 'Done', body: Joi.object().unknown() } };
const user = { auth: 'user', rateLimit: 'signed-in' } as const;
const open = { auth: 'public', rateLimit: 'public' } as const;

/** Several kilobytes: an answer that is cut shows. */
const rows = Array.from({ length: 60 }, (_, number) => ({ number, text: 'x'.repeat(100) }));

export function probeRoutes(db: Database): Route[] {
  return [
    route({
      method: 'get',
      path: '/probe/slow',
      summary: 'Answers after `ms` milliseconds, with some kilobytes',
      tag,
      ...open,
      query: shape({ ms: Joi.number().integer().min(0).max(60_000) }),
      responses,
      handler: async ({ query }) => {
        // Tells whoever started this process that the request has arrived.
        if (query.ms >= 1_000) process.send?.('request under way');
        await wait(query.ms);
        return { body: { waited: query.ms, rows } };
      },
    }),
    route({
      method: 'get',
      path: '/probe/row',
      summary: 'One SELECT under row-level security',
      tag,
      ...user,
      responses,
      handler: async ({ caller, signal }) => {
        const { rows: found } = await db.asCaller(
          caller,
          (tx) =>
            tx.query<{ effects: number; pid: number }>(
              'select count(*)::int as effects, pg_backend_pid() as pid from public.probe_effects',
            ),
          { readOnly: true, signal },
        );
        return { body: found[0] };
      },
    }),
    route({
      method: 'post',
      path: '/probe/effects',
      summary:
        'Inserts one row of the key that the client chose, and takes `ms` milliseconds over it',
      tag,
      ...user,
      idempotency: 'optional',
      body: shape({
        key: text(1, 200),
        ms: withDefault(Joi.number().integer().min(0).max(10_000), 0),
      }),
      responses: { 201: { description: 'Inserted', body: Joi.object().unknown() } },
      handler: ({ body, once }) =>
        once(async (tx) => {
          await tx.query('insert into public.probe_effects (key) values ($1)', [body.key]);
          if (body.ms > 0) await wait(body.ms);
          return { status: 201, body: { key: body.key } };
        }),
    }),
    route({
      method: 'post',
      path: '/probe/fail/:how',
      summary: 'Fails in a way of its own',
      tag,
      ...open,
      params: shape({ how: Joi.string().valid(...Object.keys(failures)) }),
      responses,
      errors: ['DUPLICATE_ENTRY', 'NOT_FOUND'],
      handler: async ({ params }) => {
        await failures[params.how as keyof typeof failures](db);
        return { body: {} };
      },
    }),
  ];
}

/** Each way to go wrong that a handler has. The texts hold what must not get out. */
export const failures = {
  throw: () => {
    throw new Error('canary of a throw: ada@example.com');
  },
  reject: () => Promise.reject(new Error('canary of a rejection')),
  'throw-text': () => {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- what is no Error must not get out either
    throw 'canary of a text';
  },
  'app-error': () => {
    throw errors.notFound();
  },
  sql: (db: Database) => db.asService((tx) => tx.query('select canary from nowhere')),
  'unique-key': (db: Database) =>
    db.asLogin((tx) =>
      tx.query(
        `insert into bulwark.migrations (owner, name, checksum)
         select owner, name, checksum from bulwark.migrations limit 1`,
      ),
    ),
  'throw-later': () => {
    setImmediate(() => {
      throw new Error('thrown outside of any request');
    });
  },
  'reject-later': () => {
    setImmediate(() => {
      void Promise.reject(new Error('rejected outside of any request'));
    });
  },
} satisfies Record<string, (db: Database) => unknown>;
