import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../backend/local/stack/paths.ts';
import { removeModule } from './remove-module.ts';

/**
 * Proves for each module that a checkout without it is whole: types, architecture, format and lint of the file that lists
 * the modules, and the tests that could notice. Those of the kernel and of the two emulators could not: the architecture rule
 * `what-removal-leaves-untested-reaches-no-module` holds that nothing in their folders leads to a module.
 */
const noticing = [
  'backend/test',
  'backend/src/modules',
  'backend/src/scripts',
  'backend/local/stack',
  'scripts',
];
/** What is tested in a browser is started with one module and a fixture, and the others are not in it. */
const unnoticing = ['--testPathIgnorePatterns', '/node_modules/', '/dist/', '/e2e/'];
const folder = join(root, 'backend', 'src', 'modules');
const modules = existsSync(folder) ? readdirSync(folder) : [];
const broken = modules.filter((name) => !isGreenWithout(name));
for (const name of modules) {
  console.log(`${broken.includes(name) ? 'FAILED' : 'ok    '} everything holds without ${name}`);
}
if (broken.length > 0) process.exitCode = 1;

function isGreenWithout(name: string): boolean {
  // Jest knows its files by their real paths.
  const copy = realpathSync(mkdtempSync(join(tmpdir(), 'bulwark-without-')));
  try {
    const files = execFileSync(
      'git',
      ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      {
        cwd: root,
        encoding: 'utf8',
      },
    );
    for (const file of files
      .split('\0')
      .filter((path) => path !== '' && existsSync(join(root, path)))) {
      cpSync(join(root, file), join(copy, file));
    }
    for (const packages of ['node_modules', 'backend/node_modules', 'admin/node_modules']) {
      if (existsSync(join(root, packages))) symlinkSync(join(root, packages), join(copy, packages));
    }
    removeModule(copy, name);
    const run = (script: string, ...args: string[]): boolean =>
      spawnSync(process.execPath, [join(copy, 'scripts', script), ...args], {
        cwd: copy,
        stdio: 'inherit',
      }).status === 0;
    return (
      run('check.ts', '--static', 'backend/src/modules.ts') &&
      run('test.ts', ...noticing.map((tests) => `${join(copy, tests)}/`), ...unnoticing)
    );
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
