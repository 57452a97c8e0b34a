import { readConfigFiles } from './config-files.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { type Environment, environments } from './kernel-config.ts';
import type { Layer, Settings } from './layer.ts';
import type { Variables } from './process-environment.ts';
import type { Facts } from './section.ts';
import type { ReadFile } from './text-file.ts';
import { readVariables } from './variables.ts';

export interface SourceOptions {
  readonly environment: Variables;
  /** Path of a `.env` file, read in development only; without it none is read. */
  readonly environmentFile?: string | undefined;
  /** The folder of default.json, development.json, staging.json and production.json. */
  readonly configDirectory: string;
}

export interface Gathered extends Layer {
  readonly facts: Facts;
  /** The environment with `.env` beneath it. */
  readonly variables: Variables;
}

/** Lays the sources over one another: defaults, default.json, the environment's file, `.env`, the environment. */
export function gatherSources(
  settings: Settings,
  options: SourceOptions,
  readFile: ReadFile,
): Gathered {
  const facts = factsOf(options.environment['NODE_ENV']);
  const local =
    facts.environment === 'development' && options.environmentFile !== undefined
      ? readLocalFile(options.environmentFile, readFile)
      : { variables: {}, faults: [] };
  const variables = { ...local.variables, ...defined(options.environment) };
  const layers = [
    ...readConfigFiles(settings, facts.environment, options.configDirectory, readFile),
    readVariables(settings, variables, readFile),
  ];
  const sources = new Map(layers.flatMap((layer) => [...layer.sources]));
  for (const [name, { defaultText }] of settings)
    if (defaultText !== undefined && !sources.has(name))
      sources.set(name, { label: name, text: defaultText });
  const faults = [...local.faults, ...layers.flatMap((layer) => layer.faults)];
  return { facts, variables, sources, faults };
}

/** An unknown NODE_ENV is a fault of its own; until it is mended, the strictest rules hold. */
function factsOf(text = 'development'): Facts {
  const environment = environments.find((name) => name === text.trim()) ?? 'production';
  return { environment, deployed: isDeployed(environment) };
}

const isDeployed = (environment: Environment): boolean =>
  environment === 'staging' || environment === 'production';

const defined = (variables: Variables): Variables =>
  Object.fromEntries(Object.entries(variables).filter(([, text]) => text !== undefined));

function readLocalFile(path: string, readFile: ReadFile): ReturnType<typeof readEnvironmentFile> {
  const { variables, faults } = readEnvironmentFile(path, readFile);
  const { NODE_ENV: environment = 'development', ...others } = variables;
  if (environment === 'development') return { variables: others, faults };
  const fault = {
    variable: 'NODE_ENV',
    problem: 'is not development in .env, a file that is for development alone',
    remedy: 'Remove it there, and set it where the server is started',
  };
  return { variables: others, faults: [...faults, fault] };
}
