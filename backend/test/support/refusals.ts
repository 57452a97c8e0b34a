import { expect } from '@jest/globals';
import { Client, type DatabaseError } from 'pg';
import {
  errorBody,
  errorCodes,
  problemBody,
  socketErrorBody,
  toAppError,
  type ErrorCode,
} from '../../src/kernel/errors/index.ts';

/** Stands in every name, value and text that Postgres could repeat, so that a leak is seen. */
const mark = 'zqx';

/** A session whose end by the server fails the query that runs in it, and nothing else. */
export async function connectTo(
  url: string,
  changes: Partial<Record<'user' | 'password' | 'database', string>> = {},
): Promise<Client> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const client = new Client({
    host: hostname,
    port: Number(port),
    user: username,
    password,
    database: pathname.slice(1),
    ssl: false,
    ...changes,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** What Postgres refuses with; fails when it does not. */
export async function refusal(work: Promise<unknown>): Promise<DatabaseError> {
  try {
    await work;
  } catch (error) {
    return error as DatabaseError;
  }
  throw new Error('Postgres did not refuse this.');
}

/** All that Postgres says about an error, none of which may reach a client. */
const parts = [
  'message',
  'detail',
  'hint',
  'where',
  'schema',
  'table',
  'column',
  'dataType',
  'constraint',
  'internalQuery',
  'routine',
  'file',
] as const;

/** Postgres gave this SQLSTATE, clients get this code, and nothing that Postgres said. */
export function expectMapped(thrown: DatabaseError, sqlstate: string, ours: ErrorCode): void {
  expect(thrown.code).toBe(sqlstate);
  const error = toAppError(thrown);
  expect(error).toMatchObject({ code: ours, statusCode: errorCodes[ours].status });
  const context = { requestId: 'r-1', path: '/' };
  const bodies = JSON.stringify([
    errorBody(error, context),
    problemBody(error, context),
    socketErrorBody(error, { requestId: 'r-1', event: 'e' }),
    error.headers,
  ]).toLowerCase();
  expect(bodies).not.toContain(mark);
  for (const part of parts) {
    const said = thrown[part];
    if (said) expect(bodies).not.toContain(said.toLowerCase());
  }
}
