import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../backend/local/stack/paths.ts';

/** Format and lint look at these alone, where any are named; types and architecture always at everything. */
const named = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
const files = named.length > 0 ? named : ['.'];

/** What must hold before the tests are worth running: format, lint, types, architecture. */
const checks: readonly [name: string, program: string, ...args: string[]][] = [
  ['format', 'prettier/bin/prettier.cjs', '--check', '--log-level=warn', ...files],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings=0', ...files],
  ['types', 'typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['types of the console', 'typescript/bin/tsc', '-p', 'admin/tsconfig.json'],
  [
    'architecture',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    'backend',
    'scripts',
    'admin',
  ],
];

const failed = checks.filter(([name, program, ...args]) => {
  const startedAt = performance.now();
  const { status } = spawnSync(process.execPath, [join(root, 'node_modules', program), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
  console.log(
    `${status === 0 ? 'ok    ' : 'FAILED'} ${name} (${((performance.now() - startedAt) / 1000).toFixed(1)} s)`,
  );
  return status !== 0;
});

if (failed.length > 0) {
  console.error(`Failed: ${failed.map(([name]) => name).join(', ')}`);
  process.exitCode = 1;
} else if (!process.argv.includes('--static')) {
  await import('./test.ts');
}
