import { expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { claimsFolder, readClaims } from './discover.ts';

const root = join(import.meta.dirname, '..', '..');

test('the list of claims in README.md is what the claims say: npm run docs:claims writes it', async () => {
  const script = join(root, 'scripts', 'generate-claims-list.ts');
  const check = promisify(execFile)(process.execPath, [script, '--check']);
  await expect(check).resolves.toMatchObject({ stderr: '' });
});

test('each command that README.md gives for a claim measures one', async () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const named = [...readme.matchAll(/--only ([a-z][\w-]*)/g)].map((match) => match[1]);
  const ids = (await readClaims(claimsFolder)).map(({ id }) => id);
  expect(ids.length).toBeGreaterThan(4);
  expect(new Set(named)).toEqual(new Set(ids));
});
