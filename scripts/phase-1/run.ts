import { build } from '../build.ts';
import { withStack } from '../support/with-stack.ts';
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

await withStack(async (stack) => {
  await environmentChecks(checks, stack);
  await authenticationChecks(checks, stack);
  await errorChecks(checks, stack);
  await shutdownChecks(checks, stack);
});
process.exitCode = checks.summary();
