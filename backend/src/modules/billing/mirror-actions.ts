import type { Jobs } from '../../kernel/jobs/index.ts';
import { adminAction, type AdminAction } from '../../kernel/module/index.ts';
import { shape } from '../../kernel/schema/index.ts';
import { mirrorEntitlements } from './jobs.ts';
import { buyers } from './mirror.ts';
import type { BillingRepository } from './repository.ts';

/** For the day on which mirroring is turned on, and for products whose entitlements have changed. */
export const mirrorActions = ({
  jobs,
  repository,
}: {
  jobs: Jobs;
  repository: BillingRepository;
}): AdminAction[] => [
  adminAction({
    name: 'billing.mirror-all',
    title: 'Mirror all entitlements',
    description: 'Writes app_metadata.entitlements of everybody who has ever bought something.',
    fields: [],
    input: shape({}),
    async run() {
      let count = 0;
      for await (const portion of buyers(repository))
        count += await jobs.enqueueAll(
          mirrorEntitlements,
          portion.map((userId) => ({ payload: { userId } })),
        );
      return { message: `${count} users are queued.` };
    },
  }),
];
