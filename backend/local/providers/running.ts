import type { drivenState } from './driver.ts';
import type { CallLog, SandboxCall } from './call-log.ts';
import type { Faults, FaultState } from './faults.ts';
import type { Quota, SandboxProvider } from './provider.ts';

/** One provider while it runs. */
export interface RunningProvider {
  readonly definition: SandboxProvider;
  /** What a client is given as its base URL. */
  readonly baseUrl: string;
  /** What it must show. */
  readonly key: string;
  readonly webhookSecret: string;
  readonly quota: Quota;
  readonly faults: FaultState;
  readonly log: CallLog;
}

export interface Sandbox {
  readonly url: string;
  /** The variables that name every provider to a server, and the sandbox itself. */
  readonly environment: Readonly<Record<string, string>>;
  /** Throws for a name that is not there. */
  provider(name: string): RunningProvider;
  /** As PUT on the control API. */
  misbehave(name: string, faults: Faults): void;
  /** As DELETE on the control API: faults off, quota whole. */
  heal(name: string): void;
  /** Prices move: the next answers have others. */
  movePrices(): void;
  /** Webhooks go to this server from now on; none goes anywhere before. */
  deliverTo(server: string): void;
  /** Those who sell, as a person drives them. */
  drivers(): readonly ReturnType<typeof drivenState>[];
  calls(name: string): readonly SandboxCall[];
  close(): Promise<void>;
}
