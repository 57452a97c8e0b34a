import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

/** `npm run bench [name…]`: each bench is a program of its own that prints its figures. A module's go with its folder. */
const root = join(import.meta.dirname, '..', '..');
const benches = new Map(
  globSync(['scripts/bench/*.ts', 'backend/src/modules/*/bench/*.ts'], { cwd: root })
    .map((file): [string, string] => [basename(file, '.ts'), join(root, file)])
    .filter(([name]) => name !== 'run')
    .sort(),
);
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !benches.has(name));
if (unknown.length > 0) {
  console.error(`No bench ${unknown.join(', ')}. There are: ${[...benches.keys()].join(', ')}`);
  process.exitCode = 2;
} else {
  for (const name of wanted.length > 0 ? wanted : benches.keys()) {
    console.log(`\n${name}`);
    const { status } = spawnSync(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', benches.get(name) ?? ''],
      { stdio: 'inherit' },
    );
    if (status !== 0) process.exitCode = 1;
  }
}
