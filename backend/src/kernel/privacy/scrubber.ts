import { remembered } from './remembered.ts';
import { sensitiveNames } from './sensitive-names.ts';
import { createTextScrubber } from './text-scrubber.ts';
import { marks, Walk } from './value-scrubber.ts';

/** Takes secrets and personal data out of what leaves the process. Never throws, and shows nothing it could not read. */
export interface Scrubber {
  /** A text with placeholders such as `[email]`. */
  text(text: string): string;
  /** A copy that can be written as JSON: `[secret]` for what a name gives away, placeholders within texts. */
  value(value: unknown): unknown;
  /** How often the scrubber itself failed, such as by a rule that throws. */
  faults(): number;
  /** The same of something that is better lost than shown: undefined where the scrubber itself failed. */
  orNothing<T extends object>(value: T): T | undefined;
}

export interface ScrubberOptions {
  /** Names of values that are personal to this application, besides those that are known. */
  names?: readonly string[];
  /** Further rules of this application: given every text, after the rules of the house. */
  rule?: (text: string) => string;
}

export function createScrubber(options: ScrubberOptions = {}): Scrubber {
  const { rule } = options;
  let faults = 0;
  const sensitivityOf = sensitiveNames(options.names ?? []);
  const ofTheHouse = createTextScrubber({ sensitivityOf, scrubValue: (value) => walk(value) });
  const text = rule === undefined ? ofTheHouse : (value: string) => rule(ofTheHouse(value));
  const scrubbing = { text, sensitivityOf, shownName: remembered(text), place: remembered(text) };
  const walk = (value: unknown): unknown => new Walk(scrubbing).value(value);

  function guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      faults += 1;
      return undefined;
    }
  }

  return {
    faults: () => faults,
    text: (value) => guarded(() => text(value)) ?? marks.unreadable,
    value: (value) => {
      const scrubbed = guarded(() => ({ value: walk(value) }));
      return scrubbed === undefined ? marks.unreadable : scrubbed.value;
    },
    // A copy of an object is one of the same form, but for what was taken out.
    orNothing: <T extends object>(value: T) => guarded(() => walk(value) as T),
  };
}
