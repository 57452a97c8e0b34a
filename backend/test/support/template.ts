import { Pool } from 'pg';
import { applyAuthSchema } from '../../local/auth/database.ts';
import type { DatabaseUrls } from '../../local/postgres/templates.ts';

/** The database that every test file gets a copy of: Supabase's roles and auth tables. */
export const testTemplate = {
  name: 'bulwark_test_template',
  async prepare(urls: DatabaseUrls): Promise<void> {
    const pool = new Pool({ connectionString: urls.authUrl, max: 1 });
    try {
      await applyAuthSchema(pool);
    } finally {
      await pool.end();
    }
  },
};
