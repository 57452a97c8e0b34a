import { closeSync, openSync, readSync } from 'node:fs';

/** Returns a file's text. Throws as `node:fs` does. */
export type ReadFile = (path: string) => string;

/** Configuration is small; whoever names a device or a dump gets a fault and not a full memory. */
const maxBytes = 64 * 1024;

/** Reads UTF-8 text of at most 64 KiB. Throws with `code` EFBIG or ERR_ENCODING_INVALID_ENCODED_DATA beyond node:fs. */
export const readTextFile: ReadFile = (path) => {
  const buffer = Buffer.alloc(maxBytes + 1);
  const file = openSync(path, 'r');
  try {
    let length = 0;
    let read: number;
    do {
      read = readSync(file, buffer, length, buffer.length - length, null);
      length += read;
    } while (read > 0 && length < buffer.length);
    if (length > maxBytes) throw Object.assign(new Error('File too large'), { code: 'EFBIG' });
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length));
  } finally {
    closeSync(file);
  }
};

const problems: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  EISDIR: 'is a directory',
  EFBIG: 'is larger than 64 KiB',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8 text',
};

/** Why reading failed, to follow the file's name. Error messages are not used: they hold the path. */
export function readProblem(error: unknown): string {
  return problems[errorCode(error)] ?? 'cannot be read';
}

export const isAbsent = (error: unknown): boolean => errorCode(error) === 'ENOENT';

function errorCode(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
