import { Pool } from 'pg';
import { applyAuthSchema } from '../../local/auth/database.ts';
import type { DatabaseUrls } from '../../local/postgres/templates.ts';
import { runMigrations } from '../../src/kernel/db/index.ts';
import { migrationSources } from '../../src/kernel/module/index.ts';
import { modules } from '../../src/modules.ts';
import { templateName } from './database.ts';

const silent = { info: () => undefined };

/** The database that every test file gets a copy of: Supabase's roles and auth tables, and every migration. */
export const testTemplate = {
  name: templateName,
  async prepare(urls: DatabaseUrls): Promise<void> {
    const pool = new Pool({ connectionString: urls.authUrl, max: 1 });
    try {
      await applyAuthSchema(pool);
    } finally {
      await pool.end();
    }
    await runMigrations(urls.url, migrationSources(modules), silent);
  },
};
