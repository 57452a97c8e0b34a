import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { paths } from './paths.ts';

export interface Credentials {
  postgresPassword: string;
  demoPassword: string;
  adminPassword: string;
}

const password = (): string => randomBytes(24).toString('base64url');

/** Made at random on the first start and kept beside the data they open. */
export function loadCredentials(): Credentials {
  try {
    return JSON.parse(readFileSync(paths.credentials, 'utf8')) as Credentials;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const made = {
    postgresPassword: password(),
    demoPassword: password(),
    adminPassword: password(),
  };
  mkdirSync(paths.local, { recursive: true });
  writeFileSync(`${paths.credentials}.new`, JSON.stringify(made), { mode: 0o600 });
  renameSync(`${paths.credentials}.new`, paths.credentials);
  return made;
}
