import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
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
    },
    onStart,
  });
}
