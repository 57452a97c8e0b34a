import {
  ErrorCode,
  OpenFeatureEventEmitter,
  ProviderEvents,
  type EvaluationContext,
  type JsonValue,
  type Provider,
  type ResolutionDetails,
} from '@openfeature/server-sdk';
import { decide } from './decide.ts';
import type { FlagMemory } from './flag-memory.ts';

/** OpenFeature's view of our table. All flags are boolean. */
export class PostgresProvider implements Provider {
  readonly metadata = { name: 'bulwark-postgres' } as const;
  readonly runsOn = 'server';
  readonly events = new OpenFeatureEventEmitter();
  readonly #memory: Pick<FlagMemory, 'get' | 'loaded'>;

  constructor(memory: Pick<FlagMemory, 'get' | 'loaded'>) {
    this.#memory = memory;
  }

  changed(flagsChanged: string[]): void {
    this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
  }

  /** What is known may be old, or is not any more. */
  turned(up: boolean): void {
    this.events.emit(up ? ProviderEvents.Ready : ProviderEvents.Stale);
  }

  resolveBooleanEvaluation(
    name: string,
    fallback: boolean,
    { targetingKey, role }: EvaluationContext,
  ): Promise<ResolutionDetails<boolean>> {
    const flag = this.#memory.get(name);
    if (flag === undefined) {
      const errorCode = this.#memory.loaded
        ? ErrorCode.FLAG_NOT_FOUND
        : ErrorCode.PROVIDER_NOT_READY;
      return Promise.resolve({ value: fallback, errorCode });
    }
    const { value, reason } = decide(name, flag, {
      userId: targetingKey,
      role: typeof role === 'string' ? role : undefined,
    });
    return Promise.resolve({ value, reason, variant: value ? 'on' : 'off' });
  }

  resolveStringEvaluation = otherType<string>;
  resolveNumberEvaluation = otherType<number>;
  resolveObjectEvaluation = otherType as Provider['resolveObjectEvaluation'];
}

const otherType = <T extends JsonValue>(_name: string, value: T): Promise<ResolutionDetails<T>> =>
  Promise.resolve({ value, errorCode: ErrorCode.TYPE_MISMATCH });
