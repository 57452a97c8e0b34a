import type { Audit } from '../../kernel/audit/index.ts';
import type { Route } from '../../kernel/http/index.ts';
import type { KernelAdmin } from '../../kernel/module/index.ts';
import { actionRoutes } from './actions-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { flagRoutes } from './flags-routes.ts';
import { jobRoutes, queueRoutes } from './jobs-routes.ts';
import { logRoutes } from './logs-routes.ts';
import { mutationsOf } from './mutation.ts';
import { overviewRoutes } from './overview-routes.ts';
import type { People } from './people.ts';
import { pageRoutes } from './pages-routes.ts';
import { providerRoutes } from './providers-routes.ts';
import { createSandboxControl } from './sandbox.ts';
import { sandboxRoutes } from './sandbox-routes.ts';
import type { OperationsService } from './service.ts';
import { webhookRoutes } from './webhooks-routes.ts';

/** Everything the console does, in the order of its pages. */
export function operationsRoutes(parts: {
  admin: KernelAdmin;
  audit: Audit;
  service: OperationsService;
  people: People;
  /** Told of each change that was made. */
  onChange: (action: string) => void;
}): Route[] {
  const { admin, audit, service, people } = parts;
  const { sandbox } = admin;
  const mutation = mutationsOf(audit, parts.onChange);
  return [
    ...pageRoutes(admin),
    ...overviewRoutes(service, admin, mutation),
    ...queueRoutes(admin, mutation),
    ...jobRoutes(admin, mutation),
    ...logRoutes(admin),
    ...webhookRoutes(admin, mutation),
    ...providerRoutes(admin, mutation),
    ...(sandbox.kind === 'on' ? sandboxRoutes(createSandboxControl(sandbox.url), mutation) : []),
    ...flagRoutes(admin, people, mutation),
    ...actionRoutes(admin, mutation),
    ...auditRoutes(audit, people),
  ];
}
