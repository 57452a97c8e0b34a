import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../../backend/local/stack/paths.ts';

/** A part of the built server, `kernel/http/index`: anything below backend/dist. The types are those of the sources. */
export const load = async <T>(path: string): Promise<T> =>
  (await import(pathToFileURL(join(root, 'backend', 'dist', `${path}.js`)).href)) as T;
