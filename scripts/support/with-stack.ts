import { createTemplate } from '../../backend/local/postgres/templates.ts';
import { startThrowawayCluster } from '../../backend/local/postgres/throwaway.ts';
import { startTestStack, type TestStack } from '../../backend/test/support/stack.ts';
import { testTemplate } from '../../backend/test/support/template.ts';
import { build } from '../build.ts';

/**
 * A throw-away Postgres with the template that `startTestStack` copies, here and in child processes, for as long as
 * `work` takes. Where one was brought up around this program, that one serves.
 */
export async function withCluster(work: () => Promise<void>): Promise<void> {
  if (process.env.TEST_CLUSTER_ADMIN_URL !== undefined) return work();
  const cluster = await startThrowawayCluster();
  process.env.TEST_CLUSTER_ADMIN_URL = cluster.adminUrl;
  try {
    await createTemplate(cluster.adminUrl, testTemplate.name, testTemplate.prepare);
    await work();
  } finally {
    delete process.env.TEST_CLUSTER_ADMIN_URL;
    await cluster.stop();
  }
}

/** The built server's surroundings on a throw-away Postgres, for as long as `work` takes. */
export async function withStack(work: (stack: TestStack) => Promise<void>): Promise<void> {
  build();
  await withCluster(async () => {
    const stack = await startTestStack();
    try {
      await work(stack);
    } finally {
      await stack.stop();
    }
  });
}
