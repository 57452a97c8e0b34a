import type { Thrown } from './code-table.ts';

/**
 * What to say for each of Joi's error types: built from the rule and its limits, never from what was sent.
 * A limit can also be a reference to another field, which is an object here and is not resolved.
 * A type that is not listed (a custom rule's) is "is not valid".
 */
type Reason = string | ((context: Thrown) => string);

const number = (value: unknown): string | undefined =>
  typeof value === 'number' ? String(value) : undefined;
const date = (value: unknown): string | undefined =>
  value instanceof Date && !Number.isNaN(value.getTime()) ? value.toISOString() : undefined;

const limited =
  (before: string, after = '') =>
  ({ limit }: Thrown): string =>
    `${before} ${number(limit) ?? date(limit) ?? 'the limit'}${after}`;

/** Names and allowed values out of the schema; references to other fields are left out. */
const listed = (values: unknown): string =>
  (Array.isArray(values) ? values.slice(0, 30) : [])
    .filter((value) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map((value) => String(value).slice(0, 64))
    .join(', ');

const oneOfListed =
  (before: string, key: string, otherwise: string) =>
  (context: Thrown): string => {
    const names = listed(context[key]);
    return names === '' ? otherwise : `${before} ${names}`;
  };

export const joiReasons: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['any.required', 'is required'],
  ['any.unknown', 'is not allowed'],
  ['any.invalid', 'is not an allowed value'],
  ['any.only', oneOfListed('must be one of', 'valids', 'is not an allowed value')],
  ['any.ref', 'does not fit another field'],

  ['object.base', 'must be an object'],
  ['object.unknown', 'is not allowed'],
  ['object.min', limited('must have at least', ' keys')],
  ['object.max', limited('must have at most', ' keys')],
  ['object.length', limited('must have exactly', ' keys')],
  ['object.missing', oneOfListed('needs at least one of', 'peers', 'lacks a field')],
  ['object.and', oneOfListed('lacks', 'missing', 'lacks a field')],
  ['object.with', ({ peer }) => `lacks ${listed([peer]) || 'a field'}`],
  ['object.without', ({ peer }) => `must not have ${listed([peer]) || 'this'} as well`],
  ['object.xor', oneOfListed('must have only one of', 'peers', 'has conflicting fields')],
  ['object.oxor', oneOfListed('must have at most one of', 'peers', 'has conflicting fields')],
  ['object.nand', oneOfListed('must not also have', 'peers', 'has conflicting fields')],
  ['object.assert', 'has fields that do not fit together'],
  ['object.pattern.match', 'has keys that are not allowed'],

  ['array.base', 'must be a list'],
  ['array.min', limited('must have at least', ' items')],
  ['array.max', limited('must have at most', ' items')],
  ['array.length', limited('must have exactly', ' items')],
  ['array.orderedLength', limited('must have at most', ' items')],
  ['array.unique', 'is there twice'],
  ['array.includes', 'is of no allowed type'],
  ['array.excludes', 'is of a type that is not allowed'],
  ['array.includesRequiredUnknowns', 'lacks a required item'],
  ['array.includesRequiredKnowns', 'lacks a required item'],
  ['array.includesRequiredBoth', 'lacks a required item'],
  ['array.hasKnown', 'lacks a required item'],
  ['array.hasUnknown', 'lacks a required item'],
  ['array.sparse', 'must not be empty'],
  ['array.sort', 'must be sorted'],

  ['alternatives.types', oneOfListed('must be one of', 'types', 'is of no allowed type')],
  ['alternatives.match', 'is of no allowed form'],
  ['alternatives.any', 'is of no allowed form'],
  ['alternatives.all', 'does not have every required form'],
  ['alternatives.one', 'has more than one form'],

  ['string.base', 'must be a string'],
  ['string.empty', 'must not be empty'],
  ['string.min', limited('must have at least', ' characters')],
  ['string.max', limited('must have at most', ' characters')],
  ['string.length', limited('must have exactly', ' characters')],
  ['string.pattern.base', 'does not have the required form'],
  ['string.pattern.name', 'does not have the required form'],
  ['string.pattern.invert.base', 'has a form that is not allowed'],
  ['string.pattern.invert.name', 'has a form that is not allowed'],
  ['string.unstorable', 'contains characters that cannot be stored'],
  ['string.alphanum', 'must have letters and digits only'],
  ['string.token', 'must have letters, digits and underscores only'],
  ['string.hex', 'must be hexadecimal'],
  ['string.hexAlign', 'must have an even number of hexadecimal digits'],
  ['string.base64', 'must be base64'],
  ['string.email', 'must be an email address'],
  ['string.uri', 'must be a URI'],
  ['string.uriCustomScheme', 'must be a URI of an allowed scheme'],
  ['string.uriRelativeOnly', 'must be a relative URI'],
  ['string.dataUri', 'must be a data URI'],
  ['string.domain', 'must be a domain name'],
  ['string.hostname', 'must be a host name'],
  ['string.ip', 'must be an IP address'],
  ['string.ipVersion', 'must be an IP address of an allowed version'],
  ['string.guid', 'must be a UUID'],
  ['string.isoDate', 'must be an ISO 8601 date'],
  ['string.isoDuration', 'must be an ISO 8601 duration'],
  ['string.creditCard', 'must be a card number'],
  ['string.lowercase', 'must be in lower case'],
  ['string.uppercase', 'must be in upper case'],
  ['string.trim', 'must not begin or end with white space'],
  ['string.normalize', 'must be in Unicode normal form'],

  ['number.base', 'must be a number'],
  ['number.integer', 'must be a whole number'],
  ['number.min', limited('must be at least')],
  ['number.max', limited('must be at most')],
  ['number.greater', limited('must be greater than')],
  ['number.less', limited('must be less than')],
  ['number.multiple', ({ multiple }) => `must be a multiple of ${number(multiple) ?? 'the step'}`],
  ['number.precision', limited('must have at most', ' decimal places')],
  ['number.positive', 'must be positive'],
  ['number.negative', 'must be negative'],
  ['number.port', 'must be a port number'],
  ['number.infinity', 'must be finite'],
  ['number.unsafe', 'is too large or too small'],

  ['boolean.base', 'must be true or false'],
  ['date.base', 'must be a date'],
  ['date.format', 'must be a date in the required format'],
  ['date.min', limited('must not be before')],
  ['date.max', limited('must not be after')],
  ['date.greater', limited('must be after')],
  ['date.less', limited('must be before')],
  ['binary.base', 'must be binary data'],
  ['binary.min', limited('must have at least', ' bytes')],
  ['binary.max', limited('must have at most', ' bytes')],
  ['binary.length', limited('must have exactly', ' bytes')],
]);
