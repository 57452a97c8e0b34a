import type { Phase } from '../claim.ts';
import type { Answer, Target } from './target.ts';

/** What was seen. Without faults the check holds. */
export interface Observation {
  figure: string;
  faults: readonly string[];
}

/** One thing that a deployed API is asked about. Throws NotApplicable, or what kept it from seeing anything. */
export interface AuditCheck {
  id: string;
  phase: Phase;
  claim: string;
  bound: string;
  look(target: Target): Promise<Observation>;
}

/** There is nothing to look at here, and that is no fault. */
export class NotApplicable extends Error {
  override readonly name = 'NotApplicable';
}

/** `7 of 7 …`: each fault is one that did not. */
export const counted = (what: string, total: number, faults: readonly string[]): Observation => ({
  figure: `${total - faults.length} of ${total} ${what}`,
  faults,
});

/** What must not be in any answer: stacks, paths of files, statements, addresses of databases. */
const leak =
  /\n\s+at \S|node_modules|Traceback \(most recent|\/(?:home|usr|app|srv|var|opt|root)\/[\w./-]+\.(?:js|ts|mjs|cjs|py|rb)\b|syntax error at or near|\bselect\b.{1,200}\bfrom\b|(?:postgres(?:ql)?|redis|mysql):\/\//i;

export const leaks = ({ body }: Answer): boolean => leak.test(body);

/** The answer's body, where it is a JSON object. */
export function jsonOf({ headers, body }: Answer): Record<string, unknown> | undefined {
  if (headers['content-type']?.includes('json') !== true) return undefined;
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a refusal's form; nothing, where it is a JSON object with a code and gives nothing away. */
export function faultsOfRefusal(name: string, answer: Answer): string[] {
  const json = jsonOf(answer);
  const type = answer.headers['content-type'] ?? 'no content type';
  return [
    ...(json === undefined ? [`${name}: ${answer.status} with ${type}, not a JSON object`] : []),
    ...(json !== undefined &&
    !['error', 'code', 'type'].some((key) => typeof json[key] === 'string')
      ? [`${name}: no machine-readable code in the body`]
      : []),
    ...(leaks(answer) ? [`${name}: the answer shows the inside of the server`] : []),
  ];
}
