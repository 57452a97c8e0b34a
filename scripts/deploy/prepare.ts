import { cpSync, existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { DeployRefused, type Layout } from './layout.ts';
import { must } from './programs.ts';

/** What a release consists of, beside its packages. */
export const shipped = [
  'package.json',
  'package-lock.json',
  '.npmrc',
  'ecosystem.config.js',
  'backend/package.json',
  'backend/config',
  'backend/dist',
  'backend/migrations',
  'admin/package.json',
  'admin/dist',
];
/** What is in the second does not fit beside what the tools need in the first. */
const packageFolders = ['node_modules', 'backend/node_modules'];
const installWithinMs = 600_000;

/** Lays the build and its packages into a folder of its own, beside what runs. */
export async function prepareRelease(
  layout: Layout,
  id: string,
  { root, packages }: { root: string; packages: string | undefined },
): Promise<string> {
  const release = layout.pathOf(id);
  const missing = shipped.filter((path) => !existsSync(join(root, path)));
  if (missing.length > 0) throw new DeployRefused(`There is no ${missing.join(', no ')}.`);
  for (const path of shipped) cpSync(join(root, path), join(release, path), { recursive: true });

  const alike = packages ?? sameLockfile(layout, release);
  if (alike !== undefined) {
    // Hard links: seconds, and no space. Nothing ever writes into installed packages.
    for (const path of packageFolders.filter((folder) => existsSync(join(alike, folder))))
      await must(
        'The packages could not be linked',
        'cp',
        ['-al', join(alike, path), join(release, path)],
        {
          cwd: release,
          withinMs: installWithinMs,
        },
      );
  } else {
    await must('npm ci failed', 'npm', ['ci', '--omit=dev', '--prefer-offline'], {
      cwd: release,
      withinMs: installWithinMs,
    });
  }
  return release;
}

/** The release that runs, where its packages are those of the same lockfile. */
function sameLockfile(layout: Layout, release: string): string | undefined {
  const lockOf = (folder: string) => readFileSync(join(folder, 'package-lock.json'), 'utf8');
  const { current } = layout;
  return existsSync(join(current, 'node_modules')) && lockOf(current) === lockOf(release)
    ? realpathSync(current)
    : undefined;
}
