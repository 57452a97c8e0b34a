import { validationFailed } from '../../kernel/errors/index.ts';
import { type Infer, Joi, shape, uuid } from '../../kernel/schema/index.ts';

/** The last row of a page of cards, which are in the order of their names. */
const position = shape({ name: Joi.string().max(300), id: uuid() });

export type Position = Infer<typeof position>;

export const encodeCursor = ({ name, id }: Position): string =>
  Buffer.from(JSON.stringify({ name, id })).toString('base64url');

/** Throws VALIDATION_FAILED where the text is no cursor of ours. */
export function decodeCursor(cursor: string): Position {
  const checked = position.required().validate(parse(Buffer.from(cursor, 'base64url').toString()));
  if (checked.error || checked.value.name.includes('\0'))
    throw validationFailed([{ field: 'cursor', reason: 'is not a cursor of this list' }]);
  return checked.value;
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
