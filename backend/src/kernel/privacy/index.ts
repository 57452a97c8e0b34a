export type { ScrubbedError } from './error-scrubber.ts';
export { createScrubber } from './scrubber.ts';
export type { Scrubber, ScrubberOptions } from './scrubber.ts';
