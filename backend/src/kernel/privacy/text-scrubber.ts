import { scrubAssignments } from './assignments.ts';
import {
  addresses,
  credentials,
  personal,
  personalSign,
  quotedValues,
  type Detector,
} from './detectors.ts';
import { folded, unescaped } from './encodings.ts';
import { scrubRuns } from './runs.ts';
import type { SensitivityOf } from './sensitive-names.ts';

/** Longer texts are cut first, so that the time is bounded. Characters. */
export const longestText = 16_384;
/** Back from a cut, what may be half of something is left out. */
const cutMargin = 512;
/** Encodings within encodings that are looked through. */
const deepestLayer = 4;

/**
 * Signs that there may be something to find. Most of what a log holds (paths with ids, event names, words, small numbers)
 * has none, and costs no more than this.
 */
const signs =
  /[@%=>"\\\u0080-\uffff]|::|[:)]\s|[\da-f]:[\da-f]|\d[\d .+()-]{5}|\d\.\d|[a-z\d][_-][\w-]{8}|bearer|basic|(?:^|\/)[^/]{24}/;
const capital = /[A-Z]/;
/** Base64 has capitals, and this is the least that hides anything. */
const shortestEncoded = 8;
const mayHoldUuid = /-[\da-f]{4}-/;
const uuids = /\b[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\b/g;

function isSuspicious(text: string): boolean {
  const hasSign = (part: string): boolean =>
    signs.test(part) || (part.length >= shortestEncoded && capital.test(part));
  if (!hasSign(text)) return false;
  if (!mayHoldUuid.test(text)) return true;
  const rest = text.replace(uuids, '');
  return rest === text || hasSign(rest);
}

const notAscii = /[\u0080-\uffff]/;
const escapes = /%[0-9a-f]{2}|\\u[0-9a-f]{4}/i;
const json = /^\s*[[{"]/;
const assignmentSign = /[:=>]|name="/;

export interface TextScrubberOptions {
  sensitivityOf: SensitivityOf;
  /** Scrubs what a JSON text held. */
  scrubValue: (value: unknown) => unknown;
}

/** Replaces secrets and personal data within a text by placeholders such as `[email]`, whatever it is encoded in. */
export function createTextScrubber(options: TextScrubberOptions): (text: string) => string {
  const { sensitivityOf, scrubValue } = options;

  function scrubLayer(text: string, layer: number): string {
    if (layer >= deepestLayer) return '[encoded]';
    const parsed = json.test(text) ? scrubJson(text) : undefined;
    if (parsed !== undefined) return parsed;
    const named = apply(addresses, text);
    if (escapes.test(named)) {
      const plain = unescaped(named);
      const scrubbed = plain === named ? named : scrubLayer(plain, layer + 1);
      if (scrubbed !== plain) return scrubbed;
    }
    return scrubRuns(detect(named), (hidden) => scrubLayer(hidden, layer + 1) !== hidden);
  }

  /** The text again where nothing was found in it, undefined where it is no JSON. */
  function scrubJson(text: string): string | undefined {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return undefined;
    }
    const scrubbed = JSON.stringify(scrubValue(value));
    return scrubbed === JSON.stringify(value) ? text : scrubbed;
  }

  function detect(text: string): string {
    let scrubbed = apply(quotedValues, text);
    scrubbed = apply(credentials, scrubbed);
    if (assignmentSign.test(scrubbed)) scrubbed = scrubAssignments(scrubbed, sensitivityOf);
    return personalSign.test(scrubbed) ? apply(personal, scrubbed) : scrubbed;
  }

  return (text) => {
    const bounded = text.length > longestText ? cut(text) : text;
    if (!isSuspicious(bounded)) return bounded;
    const readable = notAscii.test(bounded) ? folded(bounded) : bounded;
    const scrubbed = scrubLayer(readable, 0);
    return scrubbed === readable ? bounded : scrubbed;
  };
}

function apply(detectors: readonly Detector[], text: string): string {
  let scrubbed = text;
  for (const { sign, pattern, instead } of detectors) {
    if (!sign.test(scrubbed)) continue;
    const before = scrubbed;
    scrubbed =
      typeof instead === 'string'
        ? before.replace(pattern, instead)
        : before.replace(pattern, (match, ...rest: unknown[]) => {
            const offset = rest.find((value) => typeof value === 'number') ?? 0;
            return instead(match, before.slice(Math.max(0, offset - 12), offset));
          });
  }
  return scrubbed;
}

function cut(text: string): string {
  const kept = text.slice(0, longestText);
  const gap = Math.max(kept.lastIndexOf(' '), kept.lastIndexOf('\n'), longestText - cutMargin);
  return `${kept.slice(0, gap)}… [${text.length - gap} characters more]`;
}
