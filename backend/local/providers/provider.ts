import type { Router } from 'express';

/** One provider that the sandbox stands in for. Each is one file that exports such a definition. */
export interface SandboxProvider {
  /** Also where it lies: `/<name>`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What a client's base URL ends in, such as `/v1`. */
  readonly basePath: string;
  /** The variables that tell a server where it is and how to be let in. */
  readonly variables: { readonly baseUrl: string; readonly key: string };
  /** What the key begins with, as the real one does. */
  readonly keyPrefix: string;
  /** How long the real one takes for an answer, in milliseconds; an assumption. */
  readonly usualLatencyMs: number;
  /** Calls a day. */
  readonly quota: number;
  /** Answers in the real one's words that there were too many calls. */
  readonly quotaAnswer: (context: ProviderContext) => ProviderAnswer;
  readonly routes: (context: ProviderContext) => Router;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What a provider's routes may ask about the sandbox. */
export interface ProviderContext {
  /** What clients must show. */
  readonly key: string;
  readonly quota: Quota;
  /** Counts up each time prices are made to move. */
  readonly revision: () => number;
}

/** Calls left until the next day in UTC. */
export interface Quota {
  readonly limit: number;
  remaining(): number;
  /** Takes one call; false where none is left. */
  take(): boolean;
  set(remaining: number): void;
  /** Back to what it would be without `set`. */
  reset(): void;
}

const dayMs = 86_400_000;

export function createQuota(limit: number, now: () => number = Date.now): Quota {
  let day = Math.floor(now() / dayMs);
  let left = limit;
  const roll = () => {
    const today = Math.floor(now() / dayMs);
    if (today === day) return;
    day = today;
    left = limit;
  };
  return {
    limit,
    remaining() {
      roll();
      return left;
    },
    take() {
      roll();
      if (left <= 0) return false;
      left -= 1;
      return true;
    },
    set(remaining) {
      roll();
      left = remaining;
    },
    reset() {
      left = limit;
    },
  };
}
