import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  globSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(import.meta.dirname, '..');
const backend = join(root, 'backend');

/**
 * Compiles backend/src to `outDirectory` (backend/dist unless given) and lays the SQL files beside the code that reads
 * them. Does nothing where the sources are those of the last build.
 */
export function build(outDirectory = join(backend, 'dist')): void {
  const stamp = join(outDirectory, '.built-from');
  const sources = sourceFingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return;

  rmSync(outDirectory, { recursive: true, force: true });
  const compiler = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { status } = spawnSync(
    process.execPath,
    [compiler, '-p', join(backend, 'tsconfig.build.json'), '--outDir', outDirectory],
    { stdio: 'inherit' },
  );
  if (status !== 0) throw new Error('The build failed; the compiler says why above.');
  for (const file of globSync('**/*.sql', { cwd: join(backend, 'src') })) {
    cpSync(join(backend, 'src', file), join(outDirectory, file));
  }
  writeFileSync(stamp, sources);
}

function sourceFingerprint(): string {
  const files = [
    ...globSync('src/**/*.{ts,sql}', {
      cwd: backend,
      exclude: (name) => name.endsWith('.test.ts'),
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
