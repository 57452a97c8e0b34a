import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import type { ClonedDatabase } from '../../local/postgres/templates.ts';
import type {
  JsonRequest,
  JsonResponse,
  Provider,
  ProviderDefinition,
  ProviderState,
} from '../../src/kernel/resilience/index.ts';
import { Joi } from '../../src/kernel/schema/index.ts';
import { openTestDatabase } from './database.ts';
import { startFailingProvider, type FailingProvider } from './failing-provider.ts';
import { startProviders, type TestProviders } from './providers.ts';

export const apiKey = 'key-5f2b7c9d11';
export const value = Joi.object<{ value: number }>({ value: Joi.number().required() });

export interface UpstreamStand {
  /** A new one for each test. */
  upstream(): FailingProvider;
  own(): TestProviders;
  /** One more provider that leads to it, with a breaker and a budget of its own. */
  provider(changed?: Partial<ProviderDefinition>): Provider;
  get(
    from: Provider,
    more?: Partial<Omit<JsonRequest<typeof value>, 'schema'>>,
  ): Promise<JsonResponse<unknown>>;
  state(of: Provider): Promise<ProviderState | undefined>;
}

/** For the tests of a file: one process's providers, and before each test a provider that does as it is told. */
export function upstreamStand(): UpstreamStand {
  let database: ClonedDatabase;
  let upstream: FailingProvider;
  let own: TestProviders;
  let names = 0;

  beforeAll(async () => {
    database = await openTestDatabase();
    own = await startProviders(database.url);
  });
  beforeEach(async () => {
    upstream = await startFailingProvider();
  });
  afterEach(async () => {
    await upstream.close();
  });
  afterAll(async () => {
    await own.close();
    await database.drop();
  });

  return {
    upstream: () => upstream,
    own: () => own,
    provider(changed = {}) {
      names += 1;
      return own.providers.create({
        name: `cards-${names}`,
        baseUrl: `${upstream.url}/v1`,
        headers: () => ({ 'x-api-key': apiKey }),
        ...changed,
      });
    },
    get: (from, more = {}) => from.fetchJson({ path: '/cards', schema: value, ...more }),
    async state({ name }) {
      return (await own.providers.admin.list()).find((state) => state.name === name);
    },
  };
}

/** What it rejects with. */
export const caughtBy = (call: Promise<unknown>): Promise<unknown> =>
  call.catch((error: unknown) => error);
