import { Secret, type KernelConfig } from '../../src/kernel/config/index.ts';
import { issuer } from './tokens.ts';

/** What kernel/auth is configured with, for a project whose keys lie at `jwksUrl`. */
export function authConfig(
  jwksUrl: string,
  changes: Partial<KernelConfig['auth']> = {},
): KernelConfig['auth'] {
  return {
    supabaseUrl: 'https://project.test',
    anonKey: new Secret('anon'),
    serviceRoleKey: new Secret('service'),
    issuer,
    audience: 'authenticated',
    jwksUrl,
    jwksAlgorithms: ['ES256', 'RS256'],
    jwksCooldownMs: 30_000,
    jwksTimeoutMs: 500,
    hs256: { kind: 'off' },
    sessionCheck: { kind: 'off' },
    ...changes,
  };
}
