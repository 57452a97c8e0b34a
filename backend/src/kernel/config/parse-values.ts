import { type Joi, optional, shape } from '../schema/index.ts';
import type { Fault } from './fault.ts';
import type { Settings, Sources } from './layer.ts';
import { isPlaceholder, placeholderWeakness, weaknessOf } from './secret-strength.ts';
import type { Facts, ParsedValues, Setting } from './section.ts';
import { parserFault } from './value-kinds.ts';

/** Runs every text through the one schema of all sections. `values` holds only what is without fault. */
export function parseValues(
  settings: Settings,
  sources: Sources,
  facts: Facts,
): { values: ParsedValues; faults: readonly Fault[] } {
  const result = schemaOf(settings).validate(textsOf(sources), { abortEarly: false });
  const parsed = result.value as Record<string, unknown>;
  const faults = (result.error?.details ?? []).map((item) => faultOf(item, settings, sources));
  const malformed = new Set(faults.map((fault) => fault.variable));
  const weak = [...settings].flatMap(([name, setting]) => {
    const weakness = judge(setting, sources.get(name)?.text, malformed.has(name), facts);
    return weakness === undefined ? [] : [{ variable: name, ...weakness }];
  });
  // A placeholder is often malformed too; "replace it" helps more than the grammar of a URL.
  const all = [...weak, ...faults];
  const faulty = new Set(all.map((fault) => fault.variable));
  const sound = Object.entries(parsed).filter(([name]) => !faulty.has(name));
  return { values: Object.fromEntries(sound), faults: all };
}

function schemaOf(settings: Settings): Joi.ObjectSchema {
  return shape(
    Object.fromEntries(
      [...settings].map(([name, { schema, required }]) => [
        name,
        required ? schema : optional(schema),
      ]),
    ),
  );
}

const textsOf = (sources: Sources): Record<string, string | undefined> =>
  Object.fromEntries([...sources].map(([name, { text }]) => [name, text]));

function judge(
  { secret, defaultText }: Setting<unknown>,
  text: string | undefined,
  malformed: boolean,
  facts: Facts,
): Pick<Fault, 'problem' | 'remedy'> | undefined {
  if (text === undefined || text === '' || defaultText !== undefined) return undefined;
  if (secret !== false && !malformed) return weaknessOf(secret, text, facts);
  return isPlaceholder(text) ? placeholderWeakness : undefined;
}

/** Joi's own messages can quote the value, so none of them is used. */
function faultOf(item: Joi.ValidationErrorItem, settings: Settings, sources: Sources): Fault {
  const variable = String(item.path[0]);
  const setting = settings.get(variable);
  const said = parserFault(item);
  return {
    variable,
    problem: problemOf(item, sources.get(variable)?.text) ?? said?.problem ?? 'is not valid',
    remedy: said?.remedy ?? remedyOf(variable, setting, item.type === 'any.required'),
  };
}

function problemOf(item: Joi.ValidationErrorItem, text: string | undefined): string | undefined {
  if (item.type === 'any.required') return 'is missing';
  return text === '' ? 'is empty' : undefined;
}

function remedyOf(
  variable: string,
  setting: Setting<unknown> | undefined,
  missing: boolean,
): string {
  const what = setting?.expects ?? `what .env.example says of it`;
  const orFile =
    missing && setting?.secret !== false ? `, or set ${variable}_FILE to a file that holds it` : '';
  return `Set it to ${what}${orFile}`;
}
