import { AppError, notFound } from '../../kernel/errors/index.ts';
import { type Infer, Joi, listOf, optional, shape } from '../../kernel/schema/index.ts';
import type { faults } from './providers-schema.ts';
import { type SandboxCommand, type SandboxStore, store } from './stores-schema.ts';

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
  /** Those who sell, and what was bought from them. */
  stores(): Promise<SandboxStore[]>;
  /** Has one of them do something. Rejects with NOT_FOUND, or with STATE_CONFLICT and its reason where it cannot. */
  command(provider: string, command: SandboxCommand): Promise<void>;
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
const manyStores = shape({ drivers: listOf(store) });

/** `url` is the sandbox's own, from the settings. */
export function createSandboxControl(url: string): SandboxControl {
  async function ask(
    method: 'GET' | 'PUT' | 'DELETE' | 'POST',
    path: string,
    body?: object,
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
    if (response.status === 404) throw notFound('The provider sandbox has nothing like that.');
    if (response.status === 400) throw new AppError('STATE_CONFLICT', await refusalOf(response));
    throw new AppError('UPSTREAM_UNAVAILABLE', { message: 'The provider sandbox refuses this.' });
  }

  const shown = (provider: Infer<typeof one>): SandboxProvider => ({
    ...provider,
    quota: (provider.quota ?? null) as SandboxProvider['quota'],
    faults: provider.faults as SandboxProvider['faults'],
  });

  return {
    async stores() {
      const { drivers } = read(manyStores, await ask('GET', '/drivers'));
      return drivers;
    },
    async command(provider, { command, ...body }) {
      await ask('POST', `/${encodeURIComponent(provider)}/${command}`, body);
    },
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

async function refusalOf(response: Response): Promise<{ message: string }> {
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  return { message: typeof error === 'string' ? error : 'The provider sandbox refuses this.' };
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
