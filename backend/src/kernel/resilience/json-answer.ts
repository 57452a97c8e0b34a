import { validationDetails, type FaultDetail } from '../errors/index.ts';
import { jsonHazard, type Infer, type Schema } from '../schema/index.ts';
import { FailedTry } from './failed-try.ts';

/** The answer's body as the schema has it, without what the schema does not name. Throws FailedTry `invalid`. */
export function readJson<S extends Schema>(body: Buffer, schema: S): Infer<S> {
  const value = body.length === 0 ? undefined : parse(body);
  const hazard = jsonHazard(value);
  if (hazard !== undefined) throw doesNotFit([{ field: 'body', reason: hazard }]);
  const result = schema.validate(value, {
    abortEarly: false,
    allowUnknown: true,
    stripUnknown: { objects: true },
  });
  if (result.error) throw doesNotFit(validationDetails(result.error, 'body'));
  return result.value as Infer<S>;
}

/** A page of a proxy instead of JSON, or half of an answer: the provider is not well. */
function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new FailedTry('invalid', { reason: 'not JSON', blame: true, again: true, cause });
  }
}

/** It says the same again and again, and other requests are answered well: no reason to stop asking. */
const doesNotFit = (faults: readonly FaultDetail[]): FailedTry =>
  new FailedTry('invalid', {
    reason: 'does not fit the schema',
    blame: false,
    again: false,
    cause: faults,
  });
