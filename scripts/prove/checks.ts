import type { Finding } from './claim.ts';

/** For a claim of many small parts: goes on after a fault, so that one run shows all. */
export interface Checks {
  check(name: string, run: () => void | Promise<void>): Promise<void>;
  /** `9 of 9 checks passed`, and each that did not with its reason. */
  finding(): Finding;
}

export function createChecks(progress: (text: string) => void): Checks {
  const passed: string[] = [];
  const faults: string[] = [];
  return {
    async check(name, run) {
      progress(name);
      try {
        await run();
        passed.push(name);
      } catch (error) {
        faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
    finding() {
      const count = passed.length + faults.length;
      return {
        figure: `${passed.length} of ${count} checks passed`,
        holds: faults.length === 0 && count > 0,
        faults,
        checks: { passed: passed.length, failed: faults.length },
      };
    },
  };
}
