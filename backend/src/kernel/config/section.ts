import type { Infer, Joi, Schema } from '../schema/index.ts';
import type { Fault } from './fault.ts';
import type { Environment } from './kernel-config.ts';
import { Secret } from './secret.ts';

declare const valueType: unique symbol;

/** One variable: how its text is read, and what `.env.example` says about it. */
export interface Setting<out T> {
  /** Reads the variable's text; the result is a `T`. */
  readonly schema: Schema;
  readonly doc: string;
  /** What a good value is, to end the sentence "Set it to …". */
  readonly expects: string | undefined;
  /** Text used where no source has the variable. */
  readonly defaultText: string | undefined;
  /** An obviously made-up value for `.env.example`, where there is no default. */
  readonly example: string | undefined;
  readonly required: boolean;
  /** How the secret is judged: a `key` as a whole, of a `connection` string the password in it. */
  readonly secret: false | 'key' | 'connection';
  /** An older name that is read as well. */
  readonly alias: string | undefined;
  readonly [valueType]?: T;
}

interface Documented {
  readonly doc: string;
}
interface WithExample extends Documented {
  readonly example: string;
}
interface Optional extends WithExample {
  readonly optional: true;
}
interface WithDefault extends Documented {
  readonly default: string;
}
interface Aliased {
  readonly alias?: string;
}
interface SecretKind {
  readonly kind?: 'key' | 'connection';
}
type AnyOptions = Documented &
  Partial<Omit<Optional, 'doc'> & Omit<WithDefault, 'doc'>> &
  Aliased &
  SecretKind;

export function setting<S extends Schema>(
  schema: S,
  options: Optional & Aliased,
): Setting<Infer<S> | undefined>;
export function setting<S extends Schema>(
  schema: S,
  options: (WithExample | WithDefault) & Aliased,
): Setting<Infer<S>>;
export function setting(schema: Schema, options: AnyOptions): Setting<unknown> {
  return describe(schema, options, false);
}

/**
 * A variable whose value is wrapped in a `Secret`, is refused in files and has a `<NAME>_FILE` variant.
 * A `key` (the default) has at least 32 characters and is neither a placeholder nor publicly known; of a `connection`
 * string only the password is judged, and its length is not, because hosted databases choose it.
 */
export function secretSetting(
  schema: Joi.StringSchema,
  options: Optional & SecretKind,
): Setting<Secret | undefined>;
export function secretSetting(
  schema: Joi.StringSchema,
  options: WithExample & SecretKind,
): Setting<Secret>;
export function secretSetting(
  schema: Joi.StringSchema,
  options: AnyOptions,
): Setting<Secret | undefined> {
  const wrapped = schema.custom((text: string) => new Secret(text));
  return describe(wrapped, options, options.kind ?? 'key');
}

function describe(
  schema: Schema,
  options: AnyOptions,
  secret: Setting<unknown>['secret'],
): Setting<never> {
  return {
    schema,
    doc: options.doc,
    expects: schema.$_getFlag('description') as string | undefined,
    defaultText: options.default,
    example: options.example,
    required: options.default === undefined && options.optional !== true,
    secret,
    alias: options.alias,
  };
}

/** What is known before any section is read. */
export interface Facts {
  readonly environment: Environment;
  /** Staging or production: what others can reach. */
  readonly deployed: boolean;
}

type Keys = Readonly<Record<string, Setting<unknown>>>;
type Values<K extends Keys> = {
  readonly [N in keyof K]: K[N] extends Setting<infer T> ? T : never;
};
export type ParsedValues = Readonly<Record<string, unknown>>;

/** The variables of one folder, and how they become the settings that the folder is given. */
export interface Section<out S> {
  readonly owner: string;
  readonly keys: Keys;
  readonly check: (values: ParsedValues, facts: Facts) => readonly Fault[];
  readonly settings: (values: ParsedValues, facts: Facts) => S;
}

export type Sections = Readonly<Record<string, Section<unknown>>>;
export type SettingsOf<T extends Sections> = {
  readonly [N in keyof T]: T[N] extends Section<infer S> ? S : never;
};

export interface SectionSpec<K extends Keys, S> {
  /** The folder below `backend/src`, such as `modules/billing`. */
  readonly owner: string;
  readonly keys: K;
  /**
   * Rules between variables. A variable with a fault of its own is absent here, and a second fault of the same variable
   * is dropped, so a rule may treat absent as not set.
   */
  readonly check?: (values: Partial<Values<K>>, facts: Facts) => readonly Fault[];
  /** Called only when nothing is wrong anywhere. */
  readonly settings: (values: Values<K>, facts: Facts) => S;
}

export function defineSection<K extends Keys, S>(spec: SectionSpec<K, S>): Section<S> {
  // The loader hands over what the section's own schemas returned, so the values have the types of `K`.
  return {
    owner: spec.owner,
    keys: spec.keys,
    check: (values, facts) => spec.check?.(values as Partial<Values<K>>, facts) ?? [],
    settings: (values, facts) => spec.settings(values as Values<K>, facts),
  };
}
