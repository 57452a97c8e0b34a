import { ConfigError, type Fault } from './fault.ts';
import type { KernelConfig } from './kernel-config.ts';
import type { AllSections } from './kernel-sections.ts';
import type { Settings, Sources } from './layer.ts';
import { findNearMisses } from './near-misses.ts';
import { parseValues } from './parse-values.ts';
import { Secret } from './secret.ts';
import type { Section, Sections, Setting, SettingsOf } from './section.ts';
import { gatherSources, type SourceOptions } from './sources.ts';
import { type ReadFile, readTextFile } from './text-file.ts';

export interface LoadOptions<M extends Sections> extends SourceOptions {
  readonly sections: AllSections<M>;
  readonly readFile?: ReadFile;
}

export interface LoadedConfig<M extends Sections = Sections> {
  readonly kernel: KernelConfig;
  /** Each module's settings by the module's name. */
  readonly modules: SettingsOf<M>;
  /** Every setting that has a value, as text to be logged; secrets read `[secret]`. */
  readonly redacted: Readonly<Record<string, string>>;
  /** Variables that look like a misspelling of ours. */
  readonly warnings: readonly string[];
}

/**
 * Reads, checks and freezes the whole configuration. Sources, strongest first: the environment (with `<SECRET>_FILE`),
 * `.env` in development, `<NODE_ENV>.json`, `default.json`, the default of the setting. Throws a ConfigError with every
 * fault.
 */
export function loadConfig<M extends Sections>(options: LoadOptions<M>): LoadedConfig<M> {
  const { kernel, modules } = options.sections;
  const sections: Section<unknown>[] = [...Object.values(kernel), ...Object.values(modules)];
  const settings = settingsByName(sections);
  const gathered = gatherSources(settings, options, options.readFile ?? readTextFile);
  const { facts, sources, variables } = gathered;
  const warnings = findNearMisses(settings, variables);

  const parsed = parseValues(settings, sources, facts);
  const ruled = sections.flatMap((section) => section.check(parsed.values, facts));
  const faults = firstOfEach([...gathered.faults, ...parsed.faults, ...ruled], settings);
  if (faults.length > 0) throw new ConfigError(labelled(faults, sources), warnings);

  const make = <T extends Sections>(all: T): SettingsOf<T> =>
    Object.fromEntries(
      Object.entries(all).map(([name, section]) => [name, section.settings(parsed.values, facts)]),
    ) as SettingsOf<T>;
  return deepFreeze({
    kernel: make(kernel),
    modules: make(modules),
    redacted: redact(settings, sources),
    warnings,
  });
}

function settingsByName(sections: readonly Section<unknown>[]): Map<string, Setting<unknown>> {
  const settings = new Map<string, Setting<unknown>>();
  for (const { owner, keys } of sections)
    for (const [name, setting] of Object.entries(keys)) {
      if (settings.has(name)) throw new Error(`${name} is defined again by ${owner}.`);
      settings.set(name, setting);
    }
  return settings;
}

/** One line a variable is enough: what is found first is what the rest follows from. In the order of `.env.example`. */
function firstOfEach(faults: readonly Fault[], settings: Settings): Fault[] {
  const byVariable = new Map<string, Fault>();
  for (const fault of faults)
    if (!byVariable.has(fault.variable)) byVariable.set(fault.variable, fault);
  const order = [...settings.keys()];
  return [...byVariable.values()].sort(
    (a, b) => order.indexOf(a.variable) - order.indexOf(b.variable),
  );
}

function labelled(faults: readonly Fault[], sources: Sources): Fault[] {
  return faults.map((fault) => ({
    ...fault,
    variable: sources.get(fault.variable)?.label ?? fault.variable,
  }));
}

function redact(settings: Settings, sources: Sources): Record<string, string> {
  const shown: Record<string, string> = {};
  for (const [name, { secret }] of settings) {
    const text = sources.get(name)?.text;
    if (text !== undefined) shown[name] = secret === false ? text : String(new Secret(text));
  }
  return shown;
}

/** Freezes plain objects and lists all the way down; class instances, such as a Secret, guard themselves. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
