import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../backend/local/stack/paths.ts';
import { assert, type Checks } from './checks.ts';

/** Packages that would be a second way to the database, or a second opinion on a token. */
const foreign = {
  'no foreign ORM': [
    'prisma',
    '@prisma/client',
    'typeorm',
    'sequelize',
    'mongoose',
    'drizzle-orm',
    'knex',
    'objection',
    '@mikro-orm/core',
  ],
  'no second token validation': [
    'jsonwebtoken',
    'passport',
    'passport-jwt',
    'express-jwt',
    'jwks-rsa',
    'express-oauth2-jwt-bearer',
  ],
};

function tool(program: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', program), ...args],
    {
      cwd: root,
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0, `${stdout}${stderr}`.trim().slice(-2_000));
}

export async function treeChecks({ check }: Checks): Promise<void> {
  await check('the types hold', () => {
    tool('typescript/bin/tsc', '-p', 'tsconfig.json');
  });
  await check('the lint is clean', () => {
    tool('eslint/bin/eslint.js', '--max-warnings=0', '.');
  });
  await check('the architecture rules hold', () => {
    tool(
      'dependency-cruiser/bin/dependency-cruiser.mjs',
      '--config',
      '.dependency-cruiser.cjs',
      'backend',
      'scripts',
    );
  });
  const { dependencies } = JSON.parse(
    readFileSync(join(root, 'backend', 'package.json'), 'utf8'),
  ) as {
    dependencies: Record<string, string>;
  };
  for (const [name, packages] of Object.entries(foreign)) {
    await check(`${name} among the dependencies`, () => {
      assert.deepEqual(
        packages.filter((candidate) => Object.hasOwn(dependencies, candidate)),
        [],
      );
    });
  }
  await check('only kernel/auth verifies tokens', () => {
    const files = globSync('backend/src/**/*.ts', { cwd: root }).filter(
      (file) =>
        !file.endsWith('.test.ts') &&
        /\bjwtVerify\b|\bjwtDecrypt\b|\bcreateRemoteJWKSet\b|\bcompactVerify\b/.test(
          readFileSync(join(root, file), 'utf8'),
        ),
    );
    assert.ok(files.length > 0);
    assert.deepEqual(
      files.filter((file) => !file.startsWith('backend/src/kernel/auth/')),
      [],
    );
  });
}
