import { validationFailed, type AppError, type FaultDetail } from './app-error.ts';
import { isObject, type Thrown } from './code-table.ts';
import { joiReasons } from './joi-reasons.ts';

const maxDetails = 50;
const maxDepth = 20;

/** Field names can be the caller's own (an unknown key), so only what looks like a name is repeated. */
const plainName = /^[\p{L}\p{N}_$-]{1,64}$/u;

/** Joi's ValidationError, of whichever Joi. Joi's own messages can repeat the value and are not used. */
export function fromJoi(thrown: Thrown): AppError | undefined {
  return thrown.isJoi === true && Array.isArray(thrown.details)
    ? validationFailed(validationDetails(thrown))
    : undefined;
}

/**
 * Which fields are wrong and why, at most 50. Never the value.
 * @param error Joi's ValidationError.
 * @param location What was validated, put before the field: `query` gives `query.limit`.
 */
export function validationDetails(error: unknown, location?: string): FaultDetail[] {
  const faults = isObject(error) && Array.isArray(error.details) ? error.details : [];
  return faults
    .slice(0, maxDetails)
    .filter(isObject)
    .map((fault) => ({ field: fieldOf(fault.path, location), reason: reasonOf(fault) }));
}

function fieldOf(path: unknown, location: string | undefined): string {
  const segments = Array.isArray(path) ? (path.slice(0, maxDepth) as unknown[]) : [];
  const field = segments.reduce<string>((before, segment) => {
    if (typeof segment === 'number') return `${before}[${segment}]`;
    const name = typeof segment === 'string' && plainName.test(segment) ? segment : '?';
    return before === '' ? name : `${before}.${name}`;
  }, location ?? '');
  return field === '' ? 'value' : field;
}

function reasonOf({ type, context }: Thrown): string {
  const reason = typeof type === 'string' ? joiReasons.get(type) : undefined;
  if (reason === undefined) return 'is not valid';
  return typeof reason === 'string' ? reason : reason(isObject(context) ? context : {});
}
