import type { AppError } from './app-error.ts';
import type { ErrorCode } from './codes.ts';

/** Somebody else's codes and what each means to our clients. A Map, so that no code can name an inherited property. */
export type CodeTable = ReadonlyMap<string, ErrorCode>;

/** A thrown object, read by its shape: the classes of several library versions may be loaded at once. */
export type Thrown = Readonly<Record<string, unknown>>;

/** Recognises one library's errors; `undefined` when it is none of them. */
export type Source = (thrown: Thrown) => AppError | undefined;

/** Each row is our code and the foreign codes it stands for, separated by white space. */
export function codeTable(rows: readonly (readonly [ErrorCode, string])[]): CodeTable {
  const table = new Map<string, ErrorCode>();
  for (const [ours, theirs] of rows) {
    for (const code of theirs.trim().split(/\s+/)) {
      if (table.has(code)) throw new Error(`${code} stands in the table twice`);
      table.set(code, ours);
    }
  }
  return table;
}

/** Messages are compared by their beginning only, so that a huge one costs nothing. */
export function messageOf(thrown: Thrown): string {
  return typeof thrown.message === 'string' ? thrown.message.slice(0, 500) : '';
}

export function isObject(value: unknown): value is Thrown {
  return typeof value === 'object' && value !== null;
}
