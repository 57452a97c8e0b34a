import { isIP } from 'node:net';
import { Joi, oneOf } from '../schema/index.ts';

/** What a parser makes of a text: the value, or what is wrong with it, never quoting the text. */
export type Parsed<T> = { value: T } | { problem: string; remedy?: string };

const malformed = 'config.malformed';

/** A Joi schema around a parser of our own. `expects` ends the sentence "Set it to …". */
export function parsed<T>(expects: string, parse: (text: string) => Parsed<T>): Joi.AnySchema<T> {
  const schema = Joi.any().custom((text: string, helpers) => {
    const result = parse(text);
    return 'value' in result ? result.value : helpers.error(malformed, { fault: result });
  });
  return schema.description(expects) as Joi.AnySchema<T>;
}

/** What our own parser said, where the error is one of its. */
export function parserFault(
  item: Joi.ValidationErrorItem,
): { problem: string; remedy?: string } | undefined {
  return item.type === malformed
    ? (item.context as { fault: { problem: string; remedy?: string } }).fault
    : undefined;
}

export const integer = (min: number, max: number, unit = ''): Joi.NumberSchema =>
  Joi.number()
    .integer()
    .min(min)
    .max(max)
    .description(`a whole number${unit} from ${min} to ${max}`);

export const milliseconds = (min: number, max: number): Joi.NumberSchema =>
  integer(min, max, ' of milliseconds');

export const flag = (): Joi.BooleanSchema => Joi.boolean().description('true or false');

export const choice = <const T extends string>(...values: readonly T[]): Joi.StringSchema<T> =>
  oneOf(...values).description(`one of ${values.join(', ')}`);

/** Splits at commas; every part must be one of the values, once. */
export const choices = <const T extends string>(
  ...values: readonly T[]
): Joi.AnySchema<readonly T[]> =>
  parsed(`a comma-separated list of ${values.join(', ')}`, (text) => {
    const parts = text.split(',').map((part) => part.trim());
    const known = parts.flatMap((part) => values.filter((value) => value === part));
    return known.length < parts.length
      ? { problem: 'holds something that is not on the list' }
      : { value: [...new Set(known)] };
  });

const byteUnits = { b: 1, kb: 1024, mb: 1024 ** 2 } as const;

/** Sizes such as `512b`, `100kb` or `2mb`; a kilobyte has 1024 bytes. */
export const bytes = (min: number, max: number): Joi.AnySchema<number> =>
  parsed('a size such as 512b, 100kb or 2mb', (text) => {
    const match = /^(\d{1,12})(b|kb|mb)$/.exec(text.toLowerCase());
    if (match === null) return { problem: 'is not a size' };
    const size = Number(match[1]) * byteUnits[match[2] as keyof typeof byteUnits];
    return size < min || size > max
      ? {
          problem: 'is a size out of range',
          remedy: `Set it to between ${min} and ${max} bytes, such as 100kb`,
        }
      : { value: size };
  });

/** A key or token: no white space within. */
export const token = (expects = 'a secret without white space'): Joi.StringSchema =>
  Joi.string().pattern(/^\S+$/).description(expects);

export const host = (): Joi.AnySchema<string> =>
  parsed('an IP address or host name to listen on', (text) =>
    isIP(text) !== 0 || Joi.string().hostname().validate(text).error === undefined
      ? { value: text }
      : { problem: 'is not an IP address or a host name' },
  );

/** An http(s) URL without credentials, query and fragment; a trailing slash is dropped. */
export const httpUrl = (expects = 'an https:// URL'): Joi.AnySchema<string> =>
  parsed(expects, (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol))
      return { problem: 'is not an http or https URL' };
    if (url.username !== '' || url.password !== '') return { problem: 'holds credentials' };
    if (url.search !== '' || url.hash !== '') return { problem: 'has a query or a fragment' };
    return { value: url.href.replace(/\/+$/, '') };
  });

export const ratio = parsed('a share from 0 to 1', (text) => {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= 0 && value <= 1 ? { value } : { problem: 'is no share from 0 to 1' };
});
