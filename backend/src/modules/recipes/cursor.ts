import { validationFailed } from '../../kernel/errors/index.ts';
import { type Infer, Joi, shape, uuid } from '../../kernel/schema/index.ts';

/** The last row of a page. The next page begins behind it, whatever was added or removed meanwhile. */
const position = shape({ createdAt: Joi.date().iso(), id: uuid() });

export type Position = Infer<typeof position>;

export function encodeCursor({ createdAt, id }: Position): string {
  return Buffer.from(JSON.stringify({ createdAt, id })).toString('base64url');
}

/** Throws VALIDATION_FAILED where the text is no cursor of ours. */
export function decodeCursor(cursor: string): Position {
  const checked = position.required().validate(parse(Buffer.from(cursor, 'base64url').toString()));
  if (checked.error) {
    throw validationFailed([{ field: 'cursor', reason: 'is not a cursor of this list' }]);
  }
  return checked.value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
