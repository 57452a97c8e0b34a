import { fileURLToPath } from 'node:url';

/** Environment variables by name. */
export type Variables = Readonly<Record<string, string | undefined>>;

/** What this process was started with. The only place in the server that reads `process.env`. */
export function readProcessEnvironment(): Variables {
  return Object.freeze({ ...process.env });
}

// The same number of folders up from `src` as from `dist`.
/** `backend/config`, where the files below the environment lie. */
export const configDirectory = fileURLToPath(new URL('../../../config', import.meta.url));
/** `.env` at the root of the checkout. */
export const environmentFile = fileURLToPath(new URL('../../../../.env', import.meta.url));
