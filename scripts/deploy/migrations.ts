import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { destructiveStatements } from './destructive.ts';
import { DeployRefused } from './layout.ts';
import { must } from './programs.ts';

const run = promisify(execFile);
const statusWithinMs = 60_000;
const migrateWithinMs = 900_000;

/** Applies what is new, while the old release serves. Throws DeployRefused where that would take something from it. */
export async function migrate(
  release: string,
  { env, allowDestructive }: { env: NodeJS.ProcessEnv; allowDestructive: boolean },
): Promise<void> {
  const script = join('backend', 'dist', 'scripts', 'migrate.js');
  const { stdout } = await run(process.execPath, [script, 'status'], {
    cwd: release,
    env,
    timeout: statusWithinMs,
  }).catch((error: unknown) => {
    throw new DeployRefused(`The state of the migrations is not known: ${String(error)}`);
  });
  const pending = [...stdout.matchAll(/^pending +([\w-]+)\/([\w.]+)$/gm)];
  const dangers = pending.flatMap(([, owner = '', name = '']) =>
    destructiveStatements(readFileSync(fileOf(release, owner, name), 'utf8')).map(
      ({ line, why }) => `  ${owner}/${name}:${line} ${why}`,
    ),
  );
  if (dangers.length > 0 && !allowDestructive)
    throw new DeployRefused(
      `Migrations take something from the release that runs:\n${dangers.join('\n')}\nSplit them (see docs/DEPLOYMENT.md), or say --allow-destructive.`,
    );
  await must('The migrations failed', process.execPath, [script], {
    cwd: release,
    env,
    withinMs: migrateWithinMs,
  });
}

function fileOf(release: string, owner: string, name: string): string {
  const ofModule = join(release, 'backend', 'dist', 'modules', owner, 'migrations', name);
  return existsSync(ofModule) ? ofModule : join(release, 'backend', 'migrations', name);
}
