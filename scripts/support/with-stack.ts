import { createTemplate } from '../../backend/local/postgres/templates.ts';
import { startThrowawayCluster } from '../../backend/local/postgres/throwaway.ts';
import { startTestStack, type TestStack } from '../../backend/test/support/stack.ts';
import { testTemplate } from '../../backend/test/support/template.ts';
import { build } from '../build.ts';

/** The built server's surroundings on a throw-away Postgres, for as long as `work` takes. */
export async function withStack(work: (stack: TestStack) => Promise<void>): Promise<void> {
  build();
  const cluster = await startThrowawayCluster();
  process.env.TEST_CLUSTER_ADMIN_URL = cluster.adminUrl;
  try {
    await createTemplate(cluster.adminUrl, testTemplate.name, testTemplate.prepare);
    const stack = await startTestStack();
    try {
      await work(stack);
    } finally {
      await stack.stop();
    }
  } finally {
    await cluster.stop();
  }
}
