import assert from 'node:assert/strict';

/** A list of checks that goes on after a fault, so that one run shows all. */
export interface Checks {
  section(title: string): void;
  check(name: string, run: () => void | Promise<void>): Promise<void>;
  /** Prints the closing line; returns the exit code. */
  summary(): number;
}

export function createChecks(): Checks {
  const counts = { passed: 0, failed: 0 };
  return {
    section(title) {
      console.log(`\n${title}`);
    },
    async check(name, run) {
      try {
        await run();
        counts.passed += 1;
        console.log(`  ok      ${name}`);
      } catch (error) {
        counts.failed += 1;
        console.log(`  FAILED  ${name}`);
        console.log(
          `          ${error instanceof Error ? error.message.split('\n').join('\n          ') : String(error)}`,
        );
      }
    },
    summary() {
      console.log(`\n${counts.passed} passed, ${counts.failed} failed`);
      return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
    },
  };
}

export { assert };
