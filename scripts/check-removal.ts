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
 * Proves that each module can be removed, in copies of the checkout:
 *
 * 1. without each one, types and architecture hold, and the file that lists the modules is formatted and lint-free;
 * 2. with each one alone its own tests pass, so it needs no other;
 * 3. without any of them the tests of the whole server pass, so they need none.
 *
 * The tests of the kernel and of the emulators are in none of these: the architecture rule
 * `what-removal-leaves-untested-reaches-no-module` holds that nothing in their folders leads to a module.
 */
const ofTheServer = ['backend/test', 'backend/src/scripts', 'backend/local/stack', 'scripts'];
/** What is tested in a browser is started with one module and a fixture, and the others are not in it. */
const notInABrowser = ['--testPathIgnorePatterns', '/node_modules/', '/dist/', '/e2e/'];
const folder = join(root, 'backend', 'src', 'modules');
const modules = existsSync(folder) ? readdirSync(folder) : [];

interface Copy {
  folder: string;
  /** Runs one of its scripts. */
  run(script: string, ...args: string[]): boolean;
}

const proofs: readonly (readonly [name: string, holds: () => boolean])[] = [
  ...modules.map(
    (name) =>
      [
        `types, lint and architecture without ${name}`,
        () => without([name], ({ run }) => run('check.ts', '--static', 'backend/src/modules.ts')),
      ] as const,
  ),
  ...modules.map(
    (name) =>
      [
        `the tests of ${name} without any other module`,
        () =>
          without(
            modules.filter((other) => other !== name),
            (copy) =>
              copy.run('test.ts', `${copy.folder}/backend/src/modules/${name}/`, ...notInABrowser),
          ),
      ] as const,
  ),
  [
    'the tests of the whole server without any module',
    () =>
      without(modules, (copy) =>
        copy.run('test.ts', ...ofTheServer.map((tests) => `${copy.folder}/${tests}/`)),
      ),
  ],
];

const results = proofs.map(([name, holds]) => ({ name, held: holds() }));
for (const { name, held } of results) console.log(`${held ? 'ok    ' : 'FAILED'} ${name}`);
if (results.some(({ held }) => !held)) process.exitCode = 1;

/** Makes a copy without these modules, and throws it away. */
function without(names: readonly string[], prove: (copy: Copy) => boolean): boolean {
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
    for (const name of names) removeModule(copy, name);
    return prove({
      folder: copy,
      run: (script, ...args) =>
        spawnSync(process.execPath, [join(copy, 'scripts', script), ...args], {
          cwd: copy,
          stdio: 'inherit',
        }).status === 0,
    });
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}
