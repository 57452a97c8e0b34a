import { randomBytes } from 'node:crypto';
import { readJson, writePrivateJson } from './private-file.ts';

export interface Credentials {
  postgresPassword: string;
  demoPassword: string;
  adminPassword: string;
}

const password = (): string => randomBytes(24).toString('base64url');

/** Made at random on the first start and kept beside the data they open. */
export function loadCredentials(path: string): Credentials {
  const kept = readJson(path) as Credentials | undefined;
  if (kept !== undefined) return kept;
  const made = {
    postgresPassword: password(),
    demoPassword: password(),
    adminPassword: password(),
  };
  writePrivateJson(path, made);
  return made;
}
