import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { root } from '../backend/local/stack/paths.ts';
import { buildOnce } from './support/build-once.ts';

const admin = join(root, 'admin');

/** Builds admin/ to admin/dist, where the server serves it from. Types are checked by `npm run check`. */
export function buildConsole(onStart?: () => void): void {
  buildOnce({
    dist: join(admin, 'dist'),
    sources: [
      ...globSync('admin/{src,public}/**/*.*', { cwd: root }),
      'admin/index.html',
      'admin/package.json',
      'admin/vite.config.ts',
      'scripts/build-console.ts',
      'package-lock.json',
    ],
    make(folder) {
      const vite = join(root, 'node_modules', 'vite', 'bin', 'vite.js');
      const { status } = spawnSync(
        process.execPath,
        [vite, 'build', '--logLevel', 'warn', '--outDir', folder, '--emptyOutDir'],
        { cwd: admin, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'production' } },
      );
      if (status !== 0) throw new Error('The console was not built; Vite says why above.');
      for (const file of globSync('assets/*.{js,css}', { cwd: folder }))
        compress(join(folder, file));
    },
    onStart,
  });
}

/** Beside the file, for whoever takes Brotli: a quarter of the size. The last levels would take a second longer for little. */
function compress(file: string): void {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params }));
}
