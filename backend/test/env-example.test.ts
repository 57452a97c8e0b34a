import { describe, expect, test } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { collectSections, renderEnvExample } from '../src/kernel/config/index.ts';
import { modules } from '../src/modules.ts';
import { complaintsOf, productionEnvironment } from './support/environment.ts';

const file = readFileSync(new URL('../../.env.example', import.meta.url), 'utf8');
const sections = collectSections(modules);
const settings = [...Object.values(sections.kernel), ...Object.values(sections.modules)].flatMap(
  ({ keys }) => Object.entries(keys),
);

/** The text of each folder's group. A removed module's group may stay behind until the file is written again. */
function groups(text: string): Map<string, string> {
  const parts = text.split(/^(?=# ==== )/m).map((part): [string, string] => {
    const owner = /^# ==== (\S+)/.exec(part)?.[1] ?? '';
    return [owner, part.trimEnd()];
  });
  const folder = (owner: string): URL => new URL(`../src/${owner}`, import.meta.url);
  const whole = new Map<string, string>();
  // A folder may own two sections.
  for (const [owner, part] of parts.filter(([owner]) => existsSync(folder(owner))))
    whole.set(owner, [whole.get(owner) ?? '', part].join('\n'));
  return whole;
}

describe('.env.example', () => {
  test('is what the schemas say: node scripts/generate-env-example.ts writes it', () => {
    expect([...groups(file)]).toEqual([...groups(renderEnvExample(sections))]);
  });

  test('names every setting once, and nothing else', () => {
    const present = [...groups(file).values()].join('\n');
    const named = [...present.matchAll(/^(?:# )?([A-Z][A-Z0-9_]*)=/gm)].map((match) => match[1]);
    expect(named).toEqual(settings.map(([name]) => name));
  });

  test('writes out what is required, and its made-up values are refused one by one', () => {
    const examples = parseEnv(file);
    const required = settings.flatMap(([name, { required }]) => (required ? [name] : []));
    expect(Object.keys(examples)).toEqual(expect.arrayContaining(required));
    for (const name of required)
      expect(complaintsOf({ ...productionEnvironment(), [name]: examples[name] })).toEqual([
        `${name} holds a placeholder`,
      ]);
  });

  test('shows optional secrets with values that are refused as well', () => {
    const optional = settings.filter(([, { secret, required }]) => secret !== false && !required);
    expect(optional.length).toBeGreaterThan(0);
    for (const [name, { example }] of optional)
      expect(complaintsOf({ ...productionEnvironment(), [name]: example }, { sections })).toContain(
        `${name} holds a placeholder`,
      );
  });
});
