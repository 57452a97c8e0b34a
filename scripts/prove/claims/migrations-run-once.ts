import { strict as assert } from 'node:assert';
import { Client, Pool } from 'pg';
import { applyAuthSchema } from '../../../backend/local/auth/database.ts';
import {
  cloneDatabase,
  createTemplate,
  type ClonedDatabase,
} from '../../../backend/local/postgres/templates.ts';
import { runToEnd } from '../../../backend/test/support/server-process.ts';
import { createChecks } from '../checks.ts';
import { defineClaim } from '../claim.ts';

const script = 'backend/dist/scripts/migrate.js';
const atOnce = 4;

export default defineClaim({
  id: 'migrations-run-once',
  phase: 5,
  claim:
    'However many deploys migrate at once, each migration is applied once; a second run changes nothing, and a changed file is refused.',
  bound: '3 of 3 checks, with 4 processes at once',
  seconds: 6,
  async measure({ stack, progress }) {
    const { check, finding } = createChecks(progress);
    const database = await emptyDatabase();
    const environment = { ...stack.environment, DATABASE_URL: database.url };
    const migrate = () => runToEnd(script, environment);
    const client = new Client({ connectionString: database.adminUrl });
    await client.connect();
    const ledger = async () =>
      (
        await client.query<{ name: string; applied_at: Date }>(
          'select * from bulwark.migrations order by owner, name',
        )
      ).rows;
    try {
      await check('several at once apply each migration once', async () => {
        const runs = await Promise.all(Array.from({ length: atOnce }, migrate));
        for (const { code, stderr } of runs) assert.equal(code, 0, stderr);
        const applied = runs.flatMap(({ stdout }) => stdout.match(/^applied .+$/gm) ?? []);
        assert.equal(new Set(applied).size, applied.length, 'one was applied twice');
        assert.equal(applied.length, (await ledger()).length);
        assert.ok(applied.length > 2);
      });
      await check('a second run changes nothing', async () => {
        const before = await ledger();
        const { code, stdout } = await migrate();
        assert.equal(code, 0);
        assert.match(stdout, /up to date/);
        assert.deepEqual(await ledger(), before);
      });
      await check('a file that was changed after it was applied is refused', async () => {
        await client.query("update bulwark.migrations set checksum = repeat('0', 64)");
        const before = await ledger();
        const { code } = await migrate();
        assert.equal(code, 1);
        assert.deepEqual(await ledger(), before);
      });
    } finally {
      await client.end();
      await database.drop();
    }
    return finding();
  },
});

/** As a new Supabase project is: its roles and auth tables, and nothing of ours. */
async function emptyDatabase(): Promise<ClonedDatabase> {
  const adminUrl = process.env.TEST_CLUSTER_ADMIN_URL ?? '';
  const template = 'bulwark_unmigrated_template';
  await createTemplate(adminUrl, template, async ({ authUrl }) => {
    const pool = new Pool({ connectionString: authUrl, max: 1 });
    await applyAuthSchema(pool);
    await pool.end();
  });
  return cloneDatabase(adminUrl, template);
}
