import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Debian keeps servers where the PATH of ordinary users does not lead. */
const besidesPath = ['/usr/sbin', '/usr/local/sbin'];

/** Where a program lies that npm does not bring, or undefined where it is not installed. */
export function findProgram(program: string): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...besidesPath]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, program))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export const isInstalled = (program: string): boolean => findProgram(program) !== undefined;
