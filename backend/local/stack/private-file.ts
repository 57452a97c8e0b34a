import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** For the owner's eyes only, and whole from the first moment that it can be read. */
export function writePrivateJson(path: string, value: unknown): void {
  const partial = `${path}.new`;
  writeFileSync(partial, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(partial, path);
}

/** Undefined where there is no such file; throws, naming the file, where it holds no JSON. */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) throw new Error(`${path} is damaged: remove it.`);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
