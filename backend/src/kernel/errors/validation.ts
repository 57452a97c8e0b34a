import type { Infer, Schema } from '../schema/index.ts';
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
 * @param whole What to call the validated value itself, such as `body`, where no single field of it is wrong.
 */
export function validationDetails(error: unknown, whole = 'value'): FaultDetail[] {
  const faults = isObject(error) && Array.isArray(error.details) ? error.details : [];
  return faults
    .slice(0, maxDetails)
    .filter(isObject)
    .map((fault) => ({ field: fieldOf(fault.path, whole), reason: reasonOf(fault) }));
}

function fieldOf(path: unknown, whole: string): string {
  const segments = Array.isArray(path) ? (path.slice(0, maxDepth) as unknown[]) : [];
  const field = segments.reduce<string>((before, segment) => {
    if (typeof segment === 'number') return `${before}[${segment}]`;
    const name = typeof segment === 'string' && plainName.test(segment) ? segment : '?';
    return before === '' ? name : `${before}.${name}`;
  }, '');
  return field === '' ? whole : field;
}

function reasonOf({ type, context }: Thrown): string {
  const reason = typeof type === 'string' ? joiReasons.get(type) : undefined;
  if (reason === undefined) return 'is not valid';
  return typeof reason === 'string' ? reason : reason(isObject(context) ? context : {});
}

/** What the schema makes of the value, `part` of a request. Throws VALIDATION_FAILED with every fault. */
export function validated<S extends Schema>(schema: S, value: unknown, part: string): Infer<S> {
  const result = schema.validate(value, { abortEarly: false });
  if (result.error) throw validationFailed(validationDetails(result.error, part));
  return result.value as Infer<S>;
}
