import type { Router } from 'express';
import type { Driver } from './driver.ts';

/** One provider that the sandbox stands in for. Each is one file that exports such a definition. */
export interface SandboxProvider {
  /** Also where it lies: `/<name>`. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  /** What a client's base URL ends in, such as `/v1`. */
  readonly basePath: string;
  /** Its client knows a host alone: the base path lies at the root, and the base URL is without it. */
  readonly atRoot?: boolean;
  /** The variables that tell a server where it is and how to be let in. */
  readonly variables: {
    readonly baseUrl: string;
    readonly key: string;
    /** Signs what the provider sends by itself. */
    readonly webhookSecret?: string;
  };
  /** What else a server is configured with to use it. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Names of the `settings` that are not known before it runs. */
  readonly laterSettings?: readonly string[];
  /** What the key begins with, as the real one does. */
  readonly keyPrefix: string;
  /** Makes one where it is more than a random text, such as a private key. `url`: where its pages lie. */
  readonly makeKey?: (url: string) => string;
  /** How long the real one takes for an answer, in milliseconds; an assumption. */
  readonly usualLatencyMs: number;
  /** Calls a day. */
  readonly quota: number;
  /** Answers in the real one's words that there were too many calls. */
  readonly quotaAnswer: (context: ProviderContext) => ProviderAnswer;
  /** Its API; more for a provider that does something by itself. */
  readonly routes: (context: ProviderContext) => Router | OpenProvider;
}

/** A provider with a life of its own. */
export interface OpenProvider {
  readonly api: Router;
  /** What people open in a browser, below `/<name>`. */
  readonly pages: Router;
  /** What tests and people have it do, below `/_sandbox/<name>`. */
  readonly commands: Router;
  /** What is named in `laterSettings`, such as a certificate. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Where a person may drive it from the console. */
  readonly driver?: Driver;
  /** Webhooks go to this server's door from now on. */
  deliverTo(url: string): void;
  close(): void;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** What a provider's routes may ask about the sandbox. */
export interface ProviderContext {
  /** What clients must show. */
  readonly key: string;
  /** What it signs webhooks with. */
  readonly webhookSecret: string;
  /** Where its pages lie. */
  readonly url: string;
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
