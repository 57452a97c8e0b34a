import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');
const backend = join(root, 'backend');
const dist = join(backend, 'dist');
const stampName = '.built-from';

/**
 * Compiles backend/src to backend/dist and lays the SQL files beside the code that reads them. Does nothing, and does
 * not call `onStart`, where the sources are those of the last build. A build appears whole, by one rename, so that
 * several commands may build at once.
 */
export function build(onStart: () => void = () => undefined): void {
  const sources = sourceFingerprint();
  if (isBuiltFrom(sources)) {
    noteCommit();
    return;
  }

  onStart();
  // As deep as backend/dist, so that the source maps stay right when it moves there.
  const partial = join(root, '.local', `build-${process.pid}`);
  try {
    rmSync(partial, { recursive: true, force: true });
    compileTo(partial);
    writeFileSync(join(partial, stampName), sources);
    replaceBuild(partial, sources);
    noteCommit();
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/** Beside the program, for the release that error reports name. The sources may be those of an older commit as well. */
function noteCommit(): void {
  const note = join(dist, 'build-info.json');
  const partial = join(root, '.local', `build-info-${process.pid}.json`);
  const commit = process.env.GIT_COMMIT ?? currentCommit();
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

function isBuiltFrom(sources: string): boolean {
  const stamp = join(dist, stampName);
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
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

/** A folder can only be renamed to where none is. */
function replaceBuild(partial: string, sources: string): void {
  const old = `${partial}.old`;
  while (!isBuiltFrom(sources)) {
    renameUnlessGone(dist, old);
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(partial, dist);
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error; // else another build was faster
    }
  }
}

function renameUnlessGone(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function sourceFingerprint(): string {
  const files = [
    ...globSync('src/**/*.{ts,sql}', {
      cwd: backend,
      exclude: (name) => name.endsWith('.test.ts') || name.endsWith('/prove'),
    }),
    'tsconfig.build.json',
    '../tsconfig.json',
    '../package-lock.json',
  ].sort();
  const hash = createHash('sha256');
  for (const file of files) {
    const path = join(backend, file);
    if (statSync(path).isFile()) hash.update(`${file}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Deploy scripts run from the repository's root: `node dist/scripts/environment-check.js`. */
export function linkFromRoot(): void {
  const link = join(root, 'dist');
  if (!existsSync(link)) symlinkSync(join('backend', 'dist'), link, 'dir');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  build();
  linkFromRoot();
  console.log('Built backend/dist');
}
