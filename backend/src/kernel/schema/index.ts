import Joi from 'joi';

/**
 * One Joi schema gives the validation, the TypeScript type and the OpenAPI document.
 * Joi's own typings do not track optional keys or literal unions; these helpers add just that.
 */
declare const optionalKey: unique symbol;
interface OptionalKey {
  readonly [optionalKey]: true;
}

type Keys = Record<string, Joi.Schema>;
type OptionalNames<K extends Keys> = {
  [N in keyof K]: K[N] extends OptionalKey ? N : never;
}[keyof K];
type Flatten<T> = { [N in keyof T]: T[N] };

/** The value a schema accepts and returns. */
export type Infer<S> = S extends Joi.AnySchema<infer T> ? T : never;

export type Shape<K extends Keys> = Flatten<
  { [N in Exclude<keyof K, OptionalNames<K>>]: Infer<K[N]> } & {
    [N in OptionalNames<K>]?: Infer<K[N]>;
  }
>;

/** An object whose keys are required unless made with `optional` or `withDefault`. Unknown keys are refused. */
export function shape<K extends Keys>(keys: K): Joi.ObjectSchema<Shape<K>> {
  const required = Object.entries(keys).map(([name, schema]) => [
    name,
    schema.$_getFlag('presence') === undefined ? schema.required() : schema,
  ]);
  return Joi.object<Shape<K>>(Object.fromEntries(required) as Joi.SchemaMap<Shape<K>>);
}

/** The key may be left out. */
export function optional<S extends Joi.Schema>(schema: S): S & OptionalKey {
  return schema.optional() as S & OptionalKey;
}

/** The key may be left out and then has this value, so its type stays whole. */
export function withDefault<S extends Joi.Schema>(schema: S, value: Infer<S>): S {
  return schema.optional().default(value) as S;
}

/** One of these strings, typed as their union. */
export function oneOf<const T extends string>(...values: readonly T[]): Joi.StringSchema<T> {
  return Joi.string().valid(...values) as Joi.StringSchema<T>;
}

export function listOf<S extends Joi.Schema>(item: S): Joi.ArraySchema<Infer<S>[]> {
  return Joi.array().items(item) as Joi.ArraySchema<Infer<S>[]>;
}

export function nullable<S extends Joi.Schema>(schema: S): Joi.AnySchema<Infer<S> | null> {
  return schema.allow(null) as Joi.AnySchema<Infer<S> | null>;
}

export const uuid = (): Joi.StringSchema => Joi.string().guid({ separator: '-', wrapper: false });

/** Text that Postgres can hold: trimmed, without NUL and unpaired surrogates. Lengths are in UTF-16 units. */
export const text = (min: number, max: number): Joi.StringSchema =>
  Joi.string()
    .trim()
    .min(min)
    .max(max)
    .allow(...(min === 0 ? [''] : []))
    .custom((value: string, helpers) =>
      value.includes('\0') || !value.isWellFormed() ? helpers.error('string.unstorable') : value,
    )
    .messages({ 'string.unstorable': '{{#label}} contains characters that cannot be stored' });

export { jsonHazard } from './json-hazard.ts';
export type { Schema } from 'joi';
export { Joi };
