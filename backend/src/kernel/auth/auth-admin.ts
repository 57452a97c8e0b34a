import type { KernelConfig } from '../config/index.ts';
import { type Provider, type Providers, upstreamStatus } from '../resilience/index.ts';
import { Joi } from '../schema/index.ts';

/** Changes accounts by Supabase's admin API, past which only its own tables lie. */
export interface AuthAdmin {
  /**
   * Lays `values` over the user's `app_metadata`: keys that are not named stay, null takes one away. Tokens carry it from
   * their next refresh on. Resolves with false where there is no such user; rejects with UPSTREAM_UNAVAILABLE and its kin.
   */
  mergeAppMetadata(
    userId: string,
    values: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ): Promise<boolean>;
}

/** Of the answer only that it is a user matters. */
const user = Joi.object({ id: Joi.string().required() });

export function createAuthAdmin({
  config,
  providers,
}: {
  config: KernelConfig['auth'];
  providers: Providers;
}): AuthAdmin {
  const key = config.serviceRoleKey;
  let made: Provider | undefined;
  /** Made when it is first needed: a server that never asks it shows no such upstream. */
  const supabase = (): Provider =>
    (made ??= providers.create({
      name: 'supabase-auth',
      baseUrl: `${config.supabaseUrl}/auth/v1`,
      headers: () => ({ apikey: key.reveal(), authorization: `Bearer ${key.reveal()}` }),
    }));

  return {
    async mergeAppMetadata(userId, values, signal) {
      try {
        await supabase().fetchJson({
          method: 'PUT',
          path: `/admin/users/${encodeURIComponent(userId)}`,
          body: { app_metadata: values },
          schema: user,
          ...(signal && { signal }),
        });
        return true;
      } catch (error) {
        if (upstreamStatus(error) === 404) return false;
        throw error;
      }
    },
  };
}
