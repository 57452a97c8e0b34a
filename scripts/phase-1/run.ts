import { createTemplate } from '../../backend/local/postgres/templates.ts';
import { startThrowawayCluster } from '../../backend/local/postgres/throwaway.ts';
import { startTestStack } from '../../backend/test/support/stack.ts';
import { testTemplate } from '../../backend/test/support/template.ts';
import { build } from '../build.ts';
import { authenticationChecks } from './authentication.ts';
import { createChecks } from './checks.ts';
import { environmentChecks } from './environment.ts';
import { errorChecks } from './errors.ts';
import { shutdownChecks } from './shutdown.ts';
import { treeChecks } from './tree.ts';

/** Phase 1 of the readiness plan, on the built server with a real database and a real issuer. */
const checks = createChecks();
checks.section('Build and code');
await checks.check('the server builds', () => {
  build();
});
await treeChecks(checks);

const cluster = await startThrowawayCluster();
process.env.TEST_CLUSTER_ADMIN_URL = cluster.adminUrl;
try {
  await createTemplate(cluster.adminUrl, testTemplate.name, testTemplate.prepare);
  const stack = await startTestStack();
  try {
    await environmentChecks(checks, stack);
    await authenticationChecks(checks, stack);
    await errorChecks(checks, stack);
    await shutdownChecks(checks, stack);
  } finally {
    await stack.stop();
  }
} finally {
  await cluster.stop();
}
process.exitCode = checks.summary();
