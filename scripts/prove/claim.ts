import type { ServerProcess } from '../../backend/test/support/server-process.ts';
import type { TestStack } from '../../backend/test/support/stack.ts';

/** The parts of the readiness plan. */
export const phases = {
  1: 'auth and configuration',
  2: 'payments',
  3: 'observability',
  4: 'performance and networking',
  5: 'data integrity',
  6: 'release',
  7: 'clients',
  8: 'privacy and compliance',
  9: 'runbooks and load',
} as const;

export type Phase = keyof typeof phases;

/** Programs that a claim may need and that npm does not bring. Without them it is not run, and the table says so. */
export type Tool = 'nginx' | 'promtool' | 'redis-server';

/** What a claim works with, in a process of its own. Whatever it is given here is ended behind it. */
export interface Surroundings {
  /** A database with every migration and an auth issuer, for this claim alone; the cluster is shared. */
  readonly stack: TestStack;
  /** The built server as a process of its own on a free port of loopback, against the stack. */
  startServer(options?: {
    /** Settings beyond those that name the stack. */
    environment?: Readonly<Record<string, string>>;
    /** A program of `scripts/prove/servers/` instead of the server as it is, by its file's name: `probe.ts`. */
    script?: string;
  }): Promise<ServerProcess>;
  /** Says in one short line how far it is. */
  progress(text: string): void;
  /** Fires when the run is given up, or this claim takes too long. */
  readonly signal: AbortSignal;
}

/** What was measured. The figure is for people: `0 of 59,328 requests lost`. */
export interface Finding {
  figure: string;
  holds: boolean;
  /** Shown below the table when it does not hold. */
  faults?: readonly string[];
  /** Of a claim of many small parts (`createChecks`); any other counts as one in the closing line. */
  checks?: { passed: number; failed: number };
}

/** A statement of the README and the command behind it. One file a claim, named by its id. */
export interface Claim {
  /** The file's name: `rate-limit-exact`. */
  id: string;
  phase: Phase;
  /** One plain sentence that a reader can doubt. */
  claim: string;
  /** What the figure must keep: `0 lost`, `p99 below 500 ms`. */
  bound: string;
  /** About how long it takes, without the start of the stack. Past three times that and a minute it fails. */
  seconds: number;
  needs?: readonly Tool[];
  /** Throws where nothing could be measured; that counts as failed. */
  measure(surroundings: Surroundings): Promise<Finding>;
}

export const defineClaim = (claim: Claim): Claim => claim;
