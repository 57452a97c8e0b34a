import { basename, join } from 'node:path';
import type { Fault } from './fault.ts';
import type { Environment } from './kernel-config.ts';
import type { Layer, Settings, Source } from './layer.ts';
import type { Setting } from './section.ts';
import { type ReadFile, readProblem } from './text-file.ts';

/** `default.json` and the environment's own file, lowest first. Tests run as development does. */
export function readConfigFiles(
  settings: Settings,
  environment: Environment,
  directory: string,
  readFile: ReadFile,
): Layer[] {
  const own = environment === 'test' ? 'development' : environment;
  return ['default.json', `${own}.json`].map((name) =>
    readConfigFile(settings, join(directory, name), readFile),
  );
}

function readConfigFile(settings: Settings, path: string, readFile: ReadFile): Layer {
  const file = `${basename(join(path, '..'))}/${basename(path)}`;
  const broken = (problem: string): Layer => ({
    sources: new Map(),
    faults: [{ variable: file, problem, remedy: 'Make it a JSON object of settings; {} will do' }],
  });
  let content: unknown;
  try {
    content = JSON.parse(readFile(path));
  } catch (error) {
    return broken(error instanceof SyntaxError ? 'is not JSON' : readProblem(error));
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    return broken('is not a JSON object');

  const sources = new Map<string, Source>();
  const faults: Fault[] = [];
  for (const [name, value] of Object.entries(content)) {
    const refusal = refusalOf(name, settings.get(name), file);
    const text = textOf(value);
    if (refusal !== undefined) faults.push(refusal);
    else if (text === undefined)
      faults.push({
        variable: name,
        problem: `has a value in ${file} that is no text, number, boolean or list of texts`,
        remedy: 'Write it as it would stand in the environment',
      });
    else sources.set(name, { label: `${name} (${file})`, text });
  }
  return { sources, faults };
}

function refusalOf(
  name: string,
  setting: Setting<unknown> | undefined,
  file: string,
): Fault | undefined {
  if (setting === undefined)
    return {
      variable: `${name} (${file})`,
      problem: 'is not a setting of this server',
      remedy: 'Correct its name, or remove it',
    };
  if (setting.secret !== false)
    return {
      variable: name,
      problem: `is a secret and stands in ${file}`,
      remedy: `Remove it there, replace the secret, and set ${name} or ${name}_FILE in the environment`,
    };
  if (name === 'NODE_ENV')
    return {
      variable: name,
      problem: `stands in ${file}, which is chosen by it`,
      remedy: 'Remove it there, and set it in the environment',
    };
  return undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value).trim();
  const isList = Array.isArray(value) && value.every((item) => typeof item === 'string');
  return isList ? value.join(',') : undefined;
}
