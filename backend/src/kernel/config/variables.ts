import type { Fault } from './fault.ts';
import type { Layer, Settings, Source } from './layer.ts';
import type { Variables } from './process-environment.ts';
import type { Setting } from './section.ts';
import { type ReadFile, readProblem } from './text-file.ts';

/** What the environment says: each setting by its name, by its alias, or for a secret by the file that holds it. */
export function readVariables(settings: Settings, variables: Variables, readFile: ReadFile): Layer {
  const sources = new Map<string, Source>();
  const faults: Fault[] = [];
  for (const [name, setting] of settings) {
    const candidates = [
      direct(name, variables),
      aliased(name, setting, variables),
      secretFile(name, setting, variables, readFile),
    ].filter((candidate) => candidate !== undefined);
    const [first, second] = candidates;
    if (first === undefined) continue;
    sources.set(name, first.source);
    if (first.fault !== undefined) faults.push(first.fault);
    if (second !== undefined && !agree(setting, first.source, second.source))
      faults.push({
        variable: name,
        problem: `is set as well as ${second.source.label}, so one of them is not what you mean`,
        remedy: 'Remove one of the two',
      });
  }
  return { sources, faults };
}

interface Candidate {
  readonly source: Source;
  readonly fault?: Fault;
}

function direct(name: string, variables: Variables): Candidate | undefined {
  const text = variables[name];
  return text === undefined ? undefined : { source: { label: name, text: text.trim() } };
}

function aliased(
  name: string,
  { alias }: Setting<unknown>,
  variables: Variables,
): Candidate | undefined {
  return alias === undefined || alias === name ? undefined : direct(alias, variables);
}

function secretFile(
  name: string,
  { secret }: Setting<unknown>,
  variables: Variables,
  readFile: ReadFile,
): Candidate | undefined {
  const label = `${name}_FILE`;
  const path = secret === false ? undefined : variables[label]?.trim();
  if (path === undefined) return undefined;
  const unusable = (problem: string): Candidate => {
    const remedy = 'Set it to the path of a text file that holds nothing but the secret';
    return { source: { label, text: undefined }, fault: { variable: name, problem, remedy } };
  };
  if (path === '') return unusable('is empty');
  try {
    const text = readFile(path).trim();
    if (text === '') return unusable('names a file that is empty');
    return { source: { label, text } };
  } catch (error) {
    return unusable(`names a file that ${readProblem(error)}`);
  }
}

/** An alias may repeat its setting; a secret has one place. */
function agree(setting: Setting<unknown>, first: Source, second: Source): boolean {
  if (setting.secret !== false) return false;
  const [one, other] = [first, second].map(({ text }) => setting.schema.validate(text));
  return (
    one?.error === undefined &&
    other?.error === undefined &&
    JSON.stringify(one?.value) === JSON.stringify(other?.value)
  );
}
