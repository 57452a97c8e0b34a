import { randomBytes, randomUUID } from 'node:crypto';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Finds what a `$ref` names. */
export type Resolve = (reference: string) => JsonSchema;

/**
 * What of a value a schema does not allow, each with its place; nothing where it fits. It knows the keywords that our
 * documents have, and an unknown one is a mismatch too: nothing goes unchecked in silence.
 */
export function mismatches(
  schema: JsonSchema,
  value: unknown,
  resolve: Resolve,
  place = 'body',
): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    if (keyword === '$ref') return mismatches(resolve(rule as string), value, resolve, place);
    if (keyword === 'properties' || keyword === 'patternProperties' || keyword === 'items')
      return parts(keyword, rule as JsonSchema, value).flatMap(([part, name, content]) =>
        mismatches(part, content, resolve, `${place}.${name}`),
      );
    if (keyword === 'additionalProperties')
      return rule === false
        ? unknownKeys(schema, value).map((key) => `${place}.${key}: unknown`)
        : [];
    if (keyword === 'anyOf') {
      const fits = (rule as JsonSchema[]).some(
        (part) => mismatches(part, value, resolve, place).length === 0,
      );
      return fits ? [] : [`${place}: none of anyOf`];
    }
    const holds = keywords[keyword];
    if (!holds) return [`${place}: the keyword ${keyword} cannot be checked`];
    return holds(rule as never, value) ? [] : [`${place}: not ${keyword} ${JSON.stringify(rule)}`];
  });
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parts(keyword: string, rule: JsonSchema, value: unknown): [JsonSchema, string, unknown][] {
  if (keyword === 'items')
    return Array.isArray(value) ? value.map((item, index) => [rule, String(index), item]) : [];
  if (!isObject(value)) return [];
  if (keyword === 'patternProperties')
    return Object.entries(rule as Record<string, JsonSchema>).flatMap(([pattern, part]) =>
      Object.entries(value)
        .filter(([name]) => new RegExp(pattern, 'u').test(name))
        .map(([name, content]) => [part, name, content] as [JsonSchema, string, unknown]),
    );
  return Object.entries(rule as Record<string, JsonSchema>).flatMap(([name, part]) =>
    Object.hasOwn(value, name) ? [[part, name, value[name]] as [JsonSchema, string, unknown]] : [],
  );
}

const unknownKeys = (
  { properties = {}, patternProperties = {} }: JsonSchema,
  value: unknown,
): string[] =>
  isObject(value)
    ? Object.keys(value).filter(
        (key) =>
          !Object.hasOwn(properties as object, key) &&
          !Object.keys(patternProperties as object).some((one) => new RegExp(one, 'u').test(key)),
      )
    : [];

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === 'boolean',
  integer: Number.isInteger,
  null: (value) => value === null,
  number: (value) => typeof value === 'number',
  object: isObject,
  string: (value) => typeof value === 'string',
};

const formats: Readonly<Record<string, RegExp>> = {
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/,
  uuid: /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i,
  uri: /^[a-z][a-z\d+.-]*:\S+$/i,
  'uri-reference': /^\S*$/,
};

const always = () => true;
const ofText = (test: (rule: never, text: string) => boolean) => (rule: never, value: unknown) =>
  typeof value !== 'string' || test(rule, value);
const ofNumber =
  (test: (rule: never, number: number) => boolean) => (rule: never, value: unknown) =>
    typeof value !== 'number' || test(rule, value);
const ofList = (test: (rule: never, list: unknown[]) => boolean) => (rule: never, value: unknown) =>
  !Array.isArray(value) || test(rule, value);

const keywords: Readonly<Record<string, (rule: never, value: unknown) => boolean>> = {
  type: (rule: string | string[], value) => [rule].flat().some((name) => types[name]?.(value)),
  enum: (rule: unknown[], value) => rule.includes(value),
  const: (rule: unknown, value) => rule === value,
  required: (rule: string[], value) =>
    !isObject(value) || rule.every((name) => Object.hasOwn(value, name)),
  minProperties: (rule: number, value) => !isObject(value) || Object.keys(value).length >= rule,
  format: ofText((rule: string, text) => formats[rule]?.test(text) === true),
  pattern: ofText((rule: string, text) => new RegExp(rule, 'u').test(text)),
  minLength: ofText((rule: number, text) => text.length >= rule),
  maxLength: ofText((rule: number, text) => text.length <= rule),
  minimum: ofNumber((rule: number, number) => number >= rule),
  maximum: ofNumber((rule: number, number) => number <= rule),
  exclusiveMinimum: ofNumber((rule: number, number) => number > rule),
  minItems: ofList((rule: number, list) => list.length >= rule),
  maxItems: ofList((rule: number, list) => list.length <= rule),
  uniqueItems: ofList(
    (_rule, list) => new Set(list.map((item) => JSON.stringify(item))).size === list.length,
  ),
  description: always,
  default: always,
  title: always,
};

/** A value that the schema allows; texts are new each time. Without `whole`, what may be left out is. */
export function sampleOf(schema: JsonSchema, whole: boolean): unknown {
  const { type, enum: values, format, items = {}, properties = {}, required = [] } = schema;
  if (Array.isArray(values)) return values[0];
  const [kind] = [type].flat();
  if (kind === 'object')
    return Object.fromEntries(
      Object.entries(properties as Record<string, JsonSchema>)
        .filter(([name]) => whole || (required as string[]).includes(name))
        .map(([name, part]) => [name, sampleOf(part, whole)]),
    );
  if (kind === 'array') return [sampleOf(items as JsonSchema, whole)];
  if (kind === 'boolean') return true;
  if (kind === 'integer' || kind === 'number') return Math.max(1, Number(schema.minimum ?? 1));
  if (format === 'uuid') return randomUUID();
  if (format === 'date-time') return new Date().toISOString();
  const length = Math.max(
    Number(schema.minLength ?? 1),
    Math.min(Number(schema.maxLength ?? 12), 12),
  );
  return randomBytes(length).toString('hex').slice(0, length);
}
