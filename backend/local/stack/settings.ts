import type { BinariesSource } from '../postgres/binaries.ts';
import { localPaths, type LocalPaths } from './paths.ts';

/** What the developer decides about the local stack. */
export interface StackSettings {
  paths: LocalPaths;
  /** Where a port is taken, the next free one serves; 0 is any free one. */
  ports: { api: number; supabase: number; postgres: number; providers: number };
  /** A Postgres that somebody else runs, used instead of our own. */
  databaseUrl: string | undefined;
  /** Only an installed Postgres, or only npm's; by default whichever is found first. */
  postgresSource: BinariesSource | undefined;
  /** Names of the variables that have a value: a provider with a key of its own is left alone. */
  given: ReadonlySet<string>;
}

type Variables = Readonly<Record<string, string | undefined>>;

export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  /** EX_CONFIG, as the server's own refusal. */
  readonly exitCode = 78;
}

/** Reads BULWARK_HOME, BULWARK_POSTGRES, DATABASE_URL and the ports. Throws a SettingsError with every fault. */
export function readSettings(variables: Variables): StackSettings {
  const faults: string[] = [];
  const text = (name: string) => variables[name]?.trim() ?? '';

  const port = (name: string, fallback: number) => {
    if (text(name) === '') return fallback;
    if (/^\d{1,5}$/.test(text(name)) && Number(text(name)) < 65_536) return Number(text(name));
    faults.push(
      `${name}: is no port. Set it to a whole number from 0 to 65535; 0 is any free one.`,
    );
    return fallback;
  };
  const source = (name: string): BinariesSource | undefined => {
    const value = text(name);
    if (value === 'installed' || value === 'embedded') return value;
    if (value !== '') faults.push(`${name}: is unknown. Set it to installed or embedded.`);
    return undefined;
  };

  const settings: StackSettings = {
    paths: localPaths(text('BULWARK_HOME')),
    ports: {
      api: port('PORT', 3000),
      supabase: port('LOCAL_SUPABASE_PORT', 54_321),
      postgres: port('LOCAL_POSTGRES_PORT', 54_322),
      providers: port('LOCAL_PROVIDERS_PORT', 54_323),
    },
    databaseUrl: text('DATABASE_URL') || undefined,
    postgresSource: source('BULWARK_POSTGRES'),
    given: new Set(Object.keys(variables).filter((name) => text(name) !== '')),
  };
  if (faults.length > 0) throw new SettingsError(faults.join('\n'));
  return settings;
}
