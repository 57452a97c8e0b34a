import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildConsole } from './build-console.ts';
import { buildOnce } from './support/build-once.ts';

const root = join(import.meta.dirname, '..');
const backend = join(root, 'backend');
const dist = join(backend, 'dist');

/**
 * Compiles backend/src to backend/dist and lays the SQL files beside the code that reads them. Does nothing, and does
 * not call `onStart`, where the sources are those of the last build.
 */
export function build(onStart?: () => void): void {
  buildOnce({ dist, sources: sourceFiles(), make: compileTo, onStart });
  noteCommit();
}

/** Beside the program, for the release that error reports name. The sources may be those of an older commit as well. */
function noteCommit(): void {
  const note = join(dist, 'build-info.json');
  const partial = join(root, '.local', `build-info-${process.pid}.json`);
  const { GIT_COMMIT: given = '' } = process.env;
  const commit = given === '' ? currentCommit() : given;
  const content = `${JSON.stringify(commit === undefined ? {} : { commit })}\n`;
  if (existsSync(note) && readFileSync(note, 'utf8') === content) return;
  mkdirSync(join(root, '.local'), { recursive: true });
  writeFileSync(partial, content);
  renameSync(partial, note);
}

/** Undefined where the sources came without their repository. */
function currentCommit(): string | undefined {
  const { stdout, status } = spawnSync('git', ['rev-parse', 'HEAD'], {
    cwd: root,
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : undefined;
}

function compileTo(folder: string): void {
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(
    process.execPath,
    [compiler, '-p', join(backend, 'tsconfig.build.json'), '--outDir', folder],
    { stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('The build failed; the compiler says why above.');
  for (const file of globSync('**/*.sql', { cwd: join(backend, 'src') })) {
    cpSync(join(backend, 'src', file), join(folder, file));
  }
}

const sourceFiles = (): string[] => [
  ...globSync('backend/src/**/*.{ts,sql}', {
    cwd: root,
    exclude: (name) => /\.test\.ts$|\/(prove|bench|e2e|testing)$/.test(name),
  }),
  'backend/tsconfig.build.json',
  'tsconfig.json',
  'package-lock.json',
];

/** Deploy scripts run from the repository's root: `node dist/scripts/environment-check.js`. */
export function linkFromRoot(): void {
  const link = join(root, 'dist');
  if (!existsSync(link)) symlinkSync(join('backend', 'dist'), link, 'dir');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build();
  buildConsole();
  linkFromRoot();
  console.log('Built backend/dist and admin/dist');
}
