import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../../backend/local/stack/paths.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

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

/** A sender of webhooks that signs with a token: it says who sends, and nothing of a user. */
const ofSenders = /\/push-token\.ts$/;

const tools: readonly [name: string, program: string, ...args: string[]][] = [
  ['the types hold', 'typescript/bin/tsc', '-p', 'tsconfig.json'],
  ['the types of the console hold', 'typescript/bin/tsc', '-p', 'admin/tsconfig.json'],
  ['the lint is clean', 'eslint/bin/eslint.js', '--max-warnings=0', '.'],
  [
    'the architecture rules hold',
    'dependency-cruiser/bin/dependency-cruiser.mjs',
    '--config',
    '.dependency-cruiser.cjs',
    'backend',
    'scripts',
    'admin',
  ],
];

export default defineClaim({
  id: 'tree-is-whole',
  phase: 1,
  claim:
    'The code builds, its types, lint and architecture rules hold, and nothing beside the kernel verifies the tokens of users or maps rows.',
  bound: 'every check passes',
  seconds: 60,
  async measure({ progress }) {
    const { check, finding } = createChecks(progress);
    await check('the server is built', () => {
      assert.ok(globSync('backend/dist/index.js', { cwd: root }).length === 1);
    });
    for (const [name, program, ...args] of tools) {
      await check(name, () => run(program, args));
    }
    const { dependencies } = JSON.parse(
      readFileSync(join(root, 'backend', 'package.json'), 'utf8'),
    ) as { dependencies: Record<string, string> };
    for (const [name, packages] of Object.entries(foreign)) {
      await check(`${name} among the dependencies`, () => {
        const found = packages.filter((candidate) => Object.hasOwn(dependencies, candidate));
        assert.deepEqual(found, []);
      });
    }
    await check('only kernel/auth verifies the tokens of users', () => {
      const files = globSync('backend/src/**/*.ts', { cwd: root }).filter(
        (file) =>
          !file.endsWith('.test.ts') &&
          /\bjwtVerify\b|\bjwtDecrypt\b|\bcreateRemoteJWKSet\b|\bcompactVerify\b/.test(
            readFileSync(join(root, file), 'utf8'),
          ),
      );
      assert.ok(files.length > 0);
      const elsewhere = files.filter(
        (file) => !file.startsWith('backend/src/kernel/auth/') && !ofSenders.test(file),
      );
      assert.deepEqual(elsewhere, []);
    });
    return finding();
  },
});

/** Rejects with what the program has to say. */
function run(program: string, args: readonly string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const file = join(root, 'node_modules', program);
    execFile(process.execPath, [file, ...args], { cwd: root }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stdout}${stderr}`.trim().slice(-2_000)));
      else resolve();
    });
  });
}
