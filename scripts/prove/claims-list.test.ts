import { expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');

jest.setTimeout(60_000); // the writer loads every claim

test('the list of claims in README.md is what the claims say: npm run docs:claims writes it', async () => {
  const script = join(root, 'scripts', 'generate-claims-list.ts');
  const check = promisify(execFile)(process.execPath, [script, '--check']);
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

test('each command that README.md gives for a claim measures one', () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const named = [...readme.matchAll(/--only ([a-z][\w-]*)/g)].map((match) => match[1]);
  // The runner holds that a file is named by the id of its claim.
  const ids = globSync(join(import.meta.dirname, 'claims', '*.ts')).map((file) =>
    basename(file, '.ts'),
  );
  expect(ids.length).toBeGreaterThan(4);
  expect(new Set(named)).toEqual(new Set(ids));
});
