/** One call that a provider got. */
export interface SandboxCall {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  /** With its query, below the provider's base path. */
  readonly path: string;
  /** null while it is under way, and where the connection was cut. */
  status: number | null;
  /** Whether it was made to misbehave. */
  spoilt: boolean;
}

/** What is kept to be looked at; the counts go on. */
const kept = 2_000;

export interface CallLog {
  begin(method: string, path: string): SandboxCall;
  count(): number;
  spoilt(): number;
  recent(): readonly SandboxCall[];
  clear(): void;
}

export function createCallLog(): CallLog {
  let calls: SandboxCall[] = [];
  let count = 0;
  return {
    begin(method, path) {
      const call: SandboxCall = { at: Date.now(), method, path, status: null, spoilt: false };
      calls.push(call);
      if (calls.length > kept) calls = calls.slice(-kept / 2);
      count += 1;
      return call;
    },
    count: () => count,
    spoilt: () => calls.filter((call) => call.spoilt).length,
    recent: () => calls,
    clear() {
      calls = [];
      count = 0;
    },
  };
}
