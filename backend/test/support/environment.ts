import { randomBytes } from 'node:crypto';
import {
  collectSections,
  ConfigError,
  configDirectory,
  type Fault,
  loadConfig,
  type LoadedConfig,
  type LoadOptions,
  type Sections,
  type Variables,
} from '../../src/kernel/config/index.ts';

export const randomSecret = (): string => randomBytes(36).toString('base64url');

/** An API key as Supabase issues them. Nothing verifies its signature. */
export function apiKey(role: string, issuer = 'supabase'): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ iss: issuer, role })}.${randomSecret()}`;
}

/** What production needs and nothing more, with secrets of its own. */
export function productionEnvironment(): Record<string, string> {
  return {
    NODE_ENV: 'production',
    ALLOWED_ORIGINS: 'https://kitchen.bulwark.dev',
    DATABASE_URL: `postgresql://bulwark:${randomSecret()}@db.bulwark.dev:5432/bulwark`,
    SUPABASE_URL: 'https://abcdefghijkl.supabase.co',
    SUPABASE_ANON_KEY: apiKey('anon'),
    SUPABASE_SERVICE_ROLE_KEY: apiKey('service_role'),
  };
}

export const developmentEnvironment = (): Record<string, string> => ({
  ...productionEnvironment(),
  NODE_ENV: 'development',
});

type Overrides = Partial<Omit<LoadOptions<Sections>, 'environment'>>;

export function load(environment: Variables, overrides: Overrides = {}): LoadedConfig {
  return loadConfig({ environment, configDirectory, sections: collectSections([]), ...overrides });
}

/** What the boot would say; empty where it would go on. */
export function faultsOf(environment: Variables, overrides: Overrides = {}): readonly Fault[] {
  return refusal(environment, overrides)?.faults ?? [];
}

export function refusal(
  environment: Variables,
  overrides: Overrides = {},
): ConfigError | undefined {
  try {
    load(environment, overrides);
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
}

/** The faults as "variable problem", for short expectations. */
export function complaintsOf(environment: Variables, overrides: Overrides = {}): string[] {
  return faultsOf(environment, overrides).map(({ variable, problem }) => `${variable} ${problem}`);
}
