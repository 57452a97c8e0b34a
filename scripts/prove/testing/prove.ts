import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runToEnd } from '../../../backend/test/support/server-process.ts';
import type { Row } from '../report.ts';

export interface ProveRun {
  code: number;
  stdout: string;
  stderr: string;
  /** What `prove.json` holds; undefined where it was not written. */
  rows: Row[] | undefined;
}

export const fixtures = join(import.meta.dirname, 'claims');

/** `npm run prove` with these arguments, its files in a folder of their own. */
export async function prove(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ProveRun> {
  const home = mkdtempSync(join(tmpdir(), 'bulwark-prove-'));
  const { TEST_CLUSTER_ADMIN_URL = '' } = process.env;
  const env = { TEST_CLUSTER_ADMIN_URL, BULWARK_HOME: home, ...environment };
  try {
    const run = await runToEnd('scripts/prove/run.ts', env, args);
    return { ...run, rows: readRows(join(home, 'prove.json')) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function readRows(file: string): Row[] | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Row[];
  } catch {
    return undefined;
  }
}
