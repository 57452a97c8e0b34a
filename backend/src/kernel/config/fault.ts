/** One thing that is wrong with the configuration. None of the three texts ever holds a value. */
export interface Fault {
  /** The variable, or the file, that has to be mended. */
  readonly variable: string;
  readonly problem: string;
  readonly remedy: string;
}

/** EX_CONFIG of sysexits.h: what a process ends with when its configuration is refused. */
export const configExitCode = 78;

/** One line for each fault: variable, what is wrong, how to mend it. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults
    .map(({ variable, problem, remedy }) => oneLine(`${variable}: ${problem}. ${remedy}.`))
    .join('\n');
}

/** Names can come from a file, so they must not be able to start a new line or steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
}

/** The configuration is refused. Has no `cause`, because parser errors quote what they could not parse. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly Fault[];
  /** Variables that look like a misspelling of ours. */
  readonly warnings: readonly string[];

  constructor(faults: readonly Fault[], warnings: readonly string[] = []) {
    super(`The configuration is refused:\n${formatFaults(faults)}`);
    this.faults = faults;
    this.warnings = warnings;
  }
}
