import { AppError, notFound } from '../../kernel/errors/index.ts';
import { type Infer, Joi, listOf, optional, shape } from '../../kernel/schema/index.ts';
import type { faults } from './providers-schema.ts';

type Faults = Infer<typeof faults>;

/** One provider of the sandbox. */
export interface SandboxProvider {
  name: string;
  title: string;
  calls: number;
  /** Of them, those that misbehaved. */
  spoilt: number;
  quota: { limit: number | null; remaining: number | null } | null;
  faults: Record<string, unknown> | null;
}

/** The stand-in for the providers, told how to misbehave. In development only. */
export interface SandboxControl {
  list(): Promise<SandboxProvider[]>;
  /** Null heals it. Rejects with NOT_FOUND for a provider that it does not have. */
  set(provider: string, faults: Faults | null): Promise<SandboxProvider>;
}

const timeoutMs = 3_000;

const one = shape({
  name: Joi.string(),
  title: Joi.string(),
  calls: Joi.number(),
  spoilt: Joi.number(),
  quota: optional(
    Joi.object({ limit: Joi.number().allow(null), remaining: Joi.number().allow(null) })
      .unknown()
      .allow(null),
  ),
  faults: Joi.object().unknown().allow(null),
});
const many = shape({ providers: listOf(one) });

/** `url` is the sandbox's own, from the settings. */
export function createSandboxControl(url: string): SandboxControl {
  async function ask(
    method: 'GET' | 'PUT' | 'DELETE',
    path: string,
    body?: Faults,
  ): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${url}/_sandbox${path}`, {
        method,
        signal: AbortSignal.timeout(timeoutMs),
        redirect: 'error',
        ...(body && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      if (response.ok) return await response.json();
    } catch (error) {
      throw new AppError('UPSTREAM_UNAVAILABLE', {
        message: 'The provider sandbox does not answer.',
        cause: error,
      });
    }
    if (response.status === 404) throw notFound('No such provider.');
    throw new AppError('UPSTREAM_UNAVAILABLE', { message: 'The provider sandbox refuses this.' });
  }

  const shown = (provider: Infer<typeof one>): SandboxProvider => ({
    ...provider,
    quota: (provider.quota ?? null) as SandboxProvider['quota'],
    faults: provider.faults as SandboxProvider['faults'],
  });

  return {
    async list() {
      return read(many, await ask('GET', '/providers')).providers.map(shown);
    },
    async set(provider, faults) {
      const path = `/providers/${encodeURIComponent(provider)}`;
      const answer = faults ? await ask('PUT', path, faults) : await ask('DELETE', path);
      return shown(read(one, answer));
    },
  };
}

function read<T>(schema: Joi.ObjectSchema<T>, answer: unknown): T {
  const result = schema.validate(answer, { stripUnknown: true });
  if (result.error)
    throw new AppError('UPSTREAM_UNAVAILABLE', {
      message: 'The provider sandbox answers with something else.',
      cause: result.error,
    });
  return result.value;
}
