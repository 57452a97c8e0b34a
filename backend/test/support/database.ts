import { cloneDatabase, type ClonedDatabase } from '../../local/postgres/templates.ts';
import { testTemplate } from './template.ts';

/**
 * A database of one's own, with Supabase's roles and every migration applied. `drop()` fails when a connection to it
 * is still open: that is the leak check.
 */
export function openTestDatabase(): Promise<ClonedDatabase> {
  const adminUrl = process.env.TEST_CLUSTER_ADMIN_URL;
  if (adminUrl === undefined) {
    throw new Error('Tests need a database: run them with npm test, or npm test -- <path>.');
  }
  return cloneDatabase(adminUrl, testTemplate.name);
}
