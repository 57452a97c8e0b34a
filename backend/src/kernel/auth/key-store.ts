import type { KernelConfig } from '../config/index.ts';
import { AppError } from '../errors/index.ts';
import type { Logger } from '../logging/index.ts';
import { fetchKeySet } from './fetch-key-set.ts';
import {
  importVerificationKeys,
  type VerificationKey,
  type VerificationKeys,
} from './verification-keys.ts';

/** From this age on the keys are fetched anew beside the requests. */
const refreshAfterMs = 5 * 60_000;
/** From this age on a request waits for that, so a withdrawn key is refused, unless the keys cannot be had. */
const oldestMs = 10 * 60_000;

type KeyStoreConfig = Pick<
  KernelConfig['auth'],
  'jwksUrl' | 'jwksAlgorithms' | 'jwksCooldownMs' | 'jwksTimeoutMs'
>;

/**
 * The project's public keys: fetched when first needed, then kept. A fetch that fails, or brings something that is no key set,
 * leaves the last good set in force. Key ids come from strangers, so a fetch that did not bring the asked one, or failed,
 * is followed by a cooldown in which unknown ids cause none. There is at most one fetch at a time.
 */
export class KeyStore {
  readonly #config: KeyStoreConfig;
  readonly #logger: Logger;
  readonly #clock: () => number;
  readonly #closing = new AbortController();
  #keys: VerificationKeys = new Map();
  #generation = 0;
  #inFlight: Promise<void> | undefined;
  #loadedAt: number | undefined;
  #attemptedAt: number | undefined;
  #futileAt: number | undefined;
  #failing = false;

  constructor(config: KeyStoreConfig, logger: Logger, clock: () => number) {
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
  }

  /** Grows whenever a key was withdrawn or replaced: what was verified before it must be verified again. */
  get generation(): number {
    return this.#generation;
  }

  /** Keeps the set young. Returns a promise only when the set is too old to be used without asking. */
  refreshIfOld(): Promise<void> | undefined {
    if (this.#loadedAt === undefined) return undefined;
    const age = this.#since(this.#loadedAt);
    if (age < refreshAfterMs) return undefined;
    const pauseMs = Math.min(this.#config.jwksCooldownMs, refreshAfterMs);
    if (this.#inFlight === undefined && this.#since(this.#attemptedAt) < pauseMs) return undefined;
    const mustWait = age >= oldestMs && !this.#failing;
    const refreshed = this.#refresh();
    return mustWait ? refreshed : undefined;
  }

  /** The key of this id, or undefined where the project has none. Rejects with AUTH_UNAVAILABLE when that cannot be known. */
  async find(kid: string): Promise<VerificationKey | undefined> {
    if (!this.#keys.has(kid)) await this.#ask(kid);
    const key = this.#keys.get(kid);
    if (key === undefined && (this.#failing || this.#loadedAt === undefined)) {
      throw new AppError('AUTH_UNAVAILABLE', { cause: new Error('no key set at hand') });
    }
    return key;
  }

  close(): void {
    this.#closing.abort();
  }

  async #ask(kid: string): Promise<void> {
    if (this.#since(this.#futileAt) < this.#config.jwksCooldownMs) return;
    const askedAt = this.#clock();
    await this.#refresh();
    if (!this.#keys.has(kid)) this.#futileAt = askedAt;
  }

  /** Never rejects. */
  #refresh(): Promise<void> {
    this.#inFlight ??= this.#load().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  async #load(): Promise<void> {
    const { jwksUrl, jwksTimeoutMs, jwksAlgorithms } = this.#config;
    this.#attemptedAt = this.#clock();
    const startedAt = this.#attemptedAt;
    const timeout = AbortSignal.timeout(jwksTimeoutMs);
    try {
      const signal = AbortSignal.any([timeout, this.#closing.signal]);
      const keys = await importVerificationKeys(await fetchKeySet(jwksUrl, signal), jwksAlgorithms);
      if (withdraws(this.#keys, keys)) this.#generation += 1;
      this.#keys = keys;
      this.#loadedAt = startedAt;
      this.#failing = false;
    } catch (error) {
      this.#failing = true;
      if (this.#closing.signal.aborted) return;
      this.#logger.warn(
        { err: error, keys: this.#keys.size },
        'The signing keys cannot be fetched',
      );
    }
  }

  /** A clock that was set back must not hold fetches up. */
  #since(time: number | undefined): number {
    const elapsed = time === undefined ? Infinity : this.#clock() - time;
    return elapsed < 0 ? Infinity : elapsed;
  }
}

function withdraws(before: VerificationKeys, after: VerificationKeys): boolean {
  return [...before].some(([kid, { material }]) => after.get(kid)?.material !== material);
}
