import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '..', '..', '..', '..');

test('docs/errors.md is what the codes and tables give', async () => {
  const run = promisify(execFile)(process.execPath, ['scripts/generate-error-docs.ts', '--check'], {
    cwd: root,
    env: {},
  });
  await expect(run).resolves.toHaveProperty('stdout', '');
});
