import { Joi } from '../../schema/index.ts';
import { defineSection, secretSetting, setting } from '../section.ts';
import { choice, choices, httpUrl, milliseconds, token } from '../value-kinds.ts';
import { algorithmFaults, keyFaults, urlFaults } from './auth-rules.ts';

export const authSection = defineSection({
  owner: 'kernel/auth',
  keys: {
    SUPABASE_URL: setting(httpUrl("the project's URL, such as https://abcdefgh.supabase.co"), {
      doc: 'The Supabase project; https in production.',
      example: 'https://your-project.supabase.co',
    }),
    SUPABASE_ANON_KEY: secretSetting(token("the project's anon or publishable key"), {
      doc: 'What apps carry: row-level security applies to it.',
      example: 'your-anon-key',
    }),
    SUPABASE_SERVICE_ROLE_KEY: secretSetting(token("the project's service_role or secret key"), {
      doc: 'Passes row-level security, so it never leaves the server.',
      example: 'your-service-role-key',
    }),
    JWT_ALGORITHMS: setting(choices('ES256', 'RS256', 'HS256'), {
      doc: 'Algorithms that access tokens may be signed with. HS256 needs SUPABASE_JWT_SECRET, and the other way round.',
      default: 'ES256,RS256',
    }),
    SUPABASE_JWT_SECRET: secretSetting(token("the project's legacy JWT secret"), {
      doc: 'Only for projects whose tokens are still signed with HS256.',
      example: 'your-jwt-secret',
      optional: true,
    }),
    JWT_ISSUER: setting(Joi.string().max(500).description("the issuer of your project's tokens"), {
      doc: 'The only accepted iss. Without it: SUPABASE_URL followed by /auth/v1.',
      example: 'https://your-project.supabase.co/auth/v1',
      optional: true,
    }),
    JWT_AUDIENCE: setting(Joi.string().max(500).description('the audience of user tokens'), {
      doc: 'The only accepted aud.',
      default: 'authenticated',
    }),
    JWKS_URL: setting(httpUrl(), {
      doc: 'Where the public keys lie. Without it: SUPABASE_URL followed by /auth/v1/.well-known/jwks.json.',
      example: 'https://your-project.supabase.co/auth/v1/.well-known/jwks.json',
      optional: true,
    }),
    JWKS_COOLDOWN_MS: setting(milliseconds(1000, 3_600_000), {
      doc: 'Unknown key ids cause at most one fetch of the keys in this time.',
      default: '30000',
    }),
    JWKS_TIMEOUT_MS: setting(milliseconds(100, 60_000), {
      doc: 'Longest wait for the keys.',
      default: '5000',
    }),
    SESSION_CHECK: setting(choice('on', 'off'), {
      doc: "Whether a token's session and user are looked up in the auth tables, so that logout and bans bite at once.",
      default: 'on',
    }),
    SESSION_CHECK_INTERVAL_MS: setting(milliseconds(0, 10_000), {
      doc: 'How old that lookup may be; an ended session is refused after at most this and a late sweep of 2 s.',
      default: '5000',
    }),
  },
  check: (values, facts) => [
    ...keyFaults(values, facts),
    ...algorithmFaults(values),
    ...urlFaults(values, facts),
  ],
  settings(values) {
    const secret = values.SUPABASE_JWT_SECRET;
    return {
      supabaseUrl: values.SUPABASE_URL,
      anonKey: values.SUPABASE_ANON_KEY,
      serviceRoleKey: values.SUPABASE_SERVICE_ROLE_KEY,
      issuer: values.JWT_ISSUER ?? `${values.SUPABASE_URL}/auth/v1`,
      audience: values.JWT_AUDIENCE,
      jwksUrl: values.JWKS_URL ?? `${values.SUPABASE_URL}/auth/v1/.well-known/jwks.json`,
      jwksAlgorithms: values.JWT_ALGORITHMS.filter((algorithm) => algorithm !== 'HS256'),
      jwksCooldownMs: values.JWKS_COOLDOWN_MS,
      jwksTimeoutMs: values.JWKS_TIMEOUT_MS,
      hs256: secret === undefined ? { kind: 'off' as const } : { kind: 'on' as const, secret },
      sessionCheck:
        values.SESSION_CHECK === 'off'
          ? { kind: 'off' as const }
          : { kind: 'on' as const, intervalMs: values.SESSION_CHECK_INTERVAL_MS },
    };
  },
});
