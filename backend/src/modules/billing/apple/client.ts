import {
  APIException,
  AppStoreServerAPIClient,
  Environment,
} from '@apple/app-store-server-library';
import { AppError } from '../../../kernel/errors/index.ts';
import {
  upstreamStatus,
  type CallOptions,
  type Provider,
  type Providers,
} from '../../../kernel/resilience/index.ts';
import { storePolicy } from '../store-purchase.ts';
import type { AppleEnvironment } from './settings.ts';
import type { AppleOn } from './verifier.ts';

/** Apple's own library behind the policy of the provider. */
export interface AppleClient {
  /** A read. Undefined where Apple does not know what is asked for. */
  read<T>(
    environment: AppleEnvironment,
    operation: string,
    ask: (library: AppStoreServerAPIClient) => Promise<T>,
    options: CallOptions,
  ): Promise<T | undefined>;
}

const hosts = {
  Production: 'https://api.storekit.apple.com',
  Sandbox: 'https://api.storekit-sandbox.apple.com',
} as const satisfies Record<AppleEnvironment, string>;
const libraryEnvironments = {
  Production: Environment.PRODUCTION,
  Sandbox: Environment.SANDBOX,
} as const satisfies Record<AppleEnvironment, Environment>;

export function createAppleClient(settings: AppleOn, providers: Providers): AppleClient {
  const sides = new Map(
    settings.environments.map((environment, index) => [
      environment,
      {
        library: libraryOf(settings, environment),
        // Testers' side may fail without a word on the other.
        provider: providers.create({
          ...storePolicy,
          name: index === 0 ? 'apple' : 'apple-sandbox',
          baseUrl: settings.apiBase ?? hosts[environment],
        }),
      },
    ]),
  );
  return {
    async read(environment, operation, ask, options) {
      const side = sides.get(environment);
      if (side === undefined) return undefined;
      return orUndefined(run(side.provider, operation, () => ask(side.library), options));
    },
  };
}

function libraryOf(
  { key, keyId, issuerId, bundleId, apiBase }: AppleOn,
  environment: AppleEnvironment,
): AppStoreServerAPIClient {
  const library = new AppStoreServerAPIClient(
    key(),
    keyId,
    issuerId,
    bundleId,
    libraryEnvironments[environment],
  );
  // It has no option for its address.
  return apiBase === undefined ? library : Object.assign(library, { urlBase: apiBase });
}

const run = <T>(
  provider: Provider,
  operation: string,
  ask: () => Promise<T>,
  options: CallOptions,
): Promise<T> =>
  provider.run(
    async () => {
      try {
        return await ask();
      } catch (error) {
        throw error instanceof APIException ? new AppleAnswer(error) : error;
      }
    },
    { ...options, operation, idempotent: true },
  );

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (AppError.is(error) && upstreamStatus(error) === 404) return undefined;
    throw error;
  }
}

/** Not found yet: Apple itself says that it may be there in a moment. */
const notYet = new Set([4_040_002, 4_040_004, 4_040_006]);

/** An answer of Apple as the policy reads errors: by status. The library does not hand on `Retry-After`. */
class AppleAnswer extends Error {
  override readonly name = 'AppleAnswer';
  readonly status: number;

  constructor({ httpStatusCode, apiError }: APIException) {
    super(`Apple answered ${httpStatusCode}${apiError === null ? '' : ` (${apiError})`}`);
    // 425 is one that may be asked again, and nobody's fault.
    this.status = notYet.has(Number(apiError)) ? 425 : httpStatusCode;
  }
}
