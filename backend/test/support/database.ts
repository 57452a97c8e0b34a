import { cloneDatabase, type ClonedDatabase } from '../../local/postgres/templates.ts';

/** What `template.ts` prepares once a run. Whoever only wants a copy has no need of the modules that are in it. */
export const templateName = 'bulwark_test_template';

/**
 * A database of one's own, with Supabase's roles and every migration applied. `drop()` fails when a connection to it
 * is still open: that is the leak check.
 */
export function openTestDatabase(): Promise<ClonedDatabase> {
  const adminUrl = process.env.TEST_CLUSTER_ADMIN_URL;
  if (adminUrl === undefined) {
    throw new Error('Tests need a database: run them with npm test, or npm test -- <path>.');
  }
  return cloneDatabase(adminUrl, templateName);
}
