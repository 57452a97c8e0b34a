import { Joi, optional, shape, type Infer } from '../../src/kernel/schema/index.ts';

/** How a provider is to misbehave. What is left out behaves. */
export const faultsSchema = shape({
  /** Added to each answer. */
  latencyMs: optional(Joi.number().integer().min(0).max(120_000)),
  /** Answered instead of the work: 500, 503, 404. */
  status: optional(Joi.number().integer().min(400).max(599)),
  /** 429 with this Retry-After. */
  rate429: optional(shape({ retryAfterSeconds: Joi.number().integer().min(0).max(86_400) })),
  /** The connection is cut by RST before an answer. */
  reset: optional(Joi.boolean()),
  /** 200 with something that is no JSON. */
  garbage: optional(Joi.boolean()),
  /** The head at once, then a byte a second and never an end. */
  slowBody: optional(Joi.boolean()),
  /** Calls left today; at 0 the provider says so in its own words. */
  quota: optional(shape({ remaining: Joi.number().integer().min(0).max(1_000_000) })),
  /** Only calls with this in their path misbehave. */
  path: optional(Joi.string().min(1).max(200)),
  /** Share of the calls that misbehave. Default 1. */
  failRate: optional(Joi.number().min(0).max(1)),
  /** This many calls misbehave, then it is well again by itself. Without it: until healed. */
  forNext: optional(Joi.number().integer().min(1).max(1_000_000)),
}).min(1);

export type Faults = Infer<typeof faultsSchema>;

/** Faults of one provider, and the decision about each call. */
export interface FaultState {
  current(): Faults | null;
  set(faults: Faults): void;
  heal(): void;
  /** The faults of the call of this path, if it is one that misbehaves. */
  next(path: string): Faults | undefined;
}

export function createFaultState(): FaultState {
  let faults: Faults | null = null;
  let left = Infinity;
  let random = createRandom(1);
  return {
    current: () => (faults === null || left === Infinity ? faults : { ...faults, forNext: left }),
    set(wanted) {
      faults = wanted;
      left = wanted.forNext ?? Infinity;
      // The same command gives the same run of good and bad calls.
      random = createRandom(1);
    },
    heal() {
      faults = null;
      left = Infinity;
    },
    next(path) {
      if (faults?.path !== undefined && !path.includes(faults.path)) return undefined;
      if (faults === null || random() >= (faults.failRate ?? 1)) return undefined;
      const applied = faults;
      left -= 1;
      if (left <= 0) faults = null;
      return applied;
    },
  };
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
