import type { Fault } from '../fault.ts';
import { isLoopback } from '../loopback.ts';
import type { Secret } from '../secret.ts';
import type { Facts } from '../section.ts';
import { readSupabaseKey } from '../supabase-keys.ts';

interface ApiKeys {
  readonly SUPABASE_ANON_KEY?: Secret;
  readonly SUPABASE_SERVICE_ROLE_KEY?: Secret;
}

/** Finds keys in each other's place, one key in both, and the keys that every local Supabase shares. */
export function keyFaults(values: ApiKeys, { deployed }: Facts): Fault[] {
  const roles = { SUPABASE_ANON_KEY: 'anon', SUPABASE_SERVICE_ROLE_KEY: 'service_role' } as const;
  const faults: Fault[] = [];
  for (const variable of ['SUPABASE_ANON_KEY', 'SUPABASE_SERVICE_ROLE_KEY'] as const) {
    const key = values[variable]?.reveal();
    if (key === undefined) continue;
    const { role, isDemo } = readSupabaseKey(key);
    if (role !== undefined && role !== roles[variable])
      faults.push({
        variable,
        problem: `is a key for another role than ${roles[variable]}`,
        remedy: `Set it to the ${roles[variable]} key; the two may be swapped`,
      });
    if (isDemo && deployed)
      faults.push({
        variable,
        problem: 'is the publicly known key of every local Supabase (issuer supabase-demo)',
        remedy: 'Set it to the key of your own project',
      });
  }
  const service = values.SUPABASE_SERVICE_ROLE_KEY?.reveal();
  if (service !== undefined && service === values.SUPABASE_ANON_KEY?.reveal())
    faults.push({
      variable: 'SUPABASE_SERVICE_ROLE_KEY',
      problem: 'is the same as SUPABASE_ANON_KEY',
      remedy: 'Set it to the service_role key, which differs',
    });
  return faults;
}

interface Algorithms {
  readonly JWT_ALGORITHMS?: readonly string[];
  readonly SUPABASE_JWT_SECRET?: Secret | undefined;
}

/** HS256 is on with both halves or off without either. */
export function algorithmFaults(values: Algorithms): Fault[] {
  if (values.JWT_ALGORITHMS === undefined) return [];
  const listed = values.JWT_ALGORITHMS.includes('HS256');
  if (listed === (values.SUPABASE_JWT_SECRET !== undefined)) return [];
  return listed
    ? [
        {
          variable: 'SUPABASE_JWT_SECRET',
          problem: 'is missing, though JWT_ALGORITHMS lists HS256',
          remedy: 'Set it, or take HS256 out of JWT_ALGORITHMS',
        },
      ]
    : [
        {
          variable: 'JWT_ALGORITHMS',
          problem: 'does not list HS256, though SUPABASE_JWT_SECRET is set',
          remedy: 'Add HS256 to it, or remove SUPABASE_JWT_SECRET',
        },
      ];
}

interface Urls {
  readonly SUPABASE_URL?: string;
  readonly JWKS_URL?: string | undefined;
}

/** Signing keys and user data must not come over a line that others can write on, nor from a local stack. */
export function urlFaults(values: Urls, { environment }: Facts): Fault[] {
  const faults: Fault[] = [];
  const supabase = values.SUPABASE_URL ?? '';
  if (supabase.endsWith('/v1'))
    faults.push({
      variable: 'SUPABASE_URL',
      problem: "ends in the path of one of the project's services",
      remedy: "Set it to the project's URL alone, such as https://abcdefgh.supabase.co",
    });
  if (environment !== 'production') return faults;
  for (const variable of ['SUPABASE_URL', 'JWKS_URL'] as const)
    if (values[variable]?.startsWith('http:') === true)
      faults.push({
        variable,
        problem: 'is plain http in production',
        remedy: 'Set it to an https:// URL',
      });
  if (supabase !== '' && isLoopback(supabase))
    faults.push({
      variable: 'SUPABASE_URL',
      problem: 'points at this machine in production',
      remedy: 'Set it to the URL of your Supabase project',
    });
  return faults;
}
