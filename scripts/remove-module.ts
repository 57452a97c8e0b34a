import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Removes a feature: its folder, its line in modules.ts, and its variables from .env.example. */
export function removeModule(checkout: string, name: string): void {
  const folder = join(checkout, 'backend', 'src', 'modules', name);
  if (!existsSync(folder)) throw new Error(`There is no module ${name}.`);
  const list = join(checkout, 'backend', 'src', 'modules.ts');
  const lines = readFileSync(list, 'utf8').split('\n');
  const importLine = lines.find((line) => line.includes(`'./modules/${name}/index.ts'`));
  const imported = /import \{ (\w+) \}/.exec(importLine ?? '')?.[1];
  if (importLine === undefined || imported === undefined)
    throw new Error(`modules.ts does not list ${name}.`);

  const listed = lines
    .filter((line) => line !== importLine)
    .join('\n')
    .replace(/(readonly Module\[\] = \[)([^\]]*)\]/, (_all, start: string, entries: string) => {
      const kept = entries.split(',').map((entry) => entry.trim());
      return `${start}${kept.filter((entry) => entry !== '' && entry !== imported).join(', ')}]`;
    });
  writeFileSync(list, listed);
  rmSync(folder, { recursive: true });
  execFileSync(process.execPath, [join(checkout, 'scripts', 'generate-env-example.ts')], {
    stdio: 'inherit',
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name] = process.argv.slice(2);
  if (name === undefined) {
    console.error('npm run remove-module -- <name>');
    process.exitCode = 2;
  } else {
    removeModule(join(import.meta.dirname, '..'), name);
    console.log(`Removed ${name}. Its tables stay until you drop them.`);
  }
}
