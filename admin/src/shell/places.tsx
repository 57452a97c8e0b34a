import type { ReactNode } from 'react';
import type { ConsoleConfig } from '../config.ts';
import type { IconName } from '../parts/icon.tsx';
import { AuditPage } from '../pages/audit.tsx';
import { BillingPage } from '../pages/billing/billing.tsx';
import { FlagsPage } from '../pages/flags/flags.tsx';
import { JobsPage } from '../pages/jobs/jobs.tsx';
import { LogsPage } from '../pages/logs/logs.tsx';
import { OverviewPage } from '../pages/overview/overview.tsx';
import { ProvidersPage } from '../pages/providers/providers.tsx';
import { QueuesPage } from '../pages/queues/queues.tsx';
import { SessionsPage } from '../pages/sessions.tsx';
import { WebhooksPage } from '../pages/webhooks/webhooks.tsx';

/** The pages, in the order of the menu. */
export const places: readonly {
  path: string;
  title: string;
  icon: IconName;
  /** What the server has to have for it: one of its `/admin/pages`. */
  needs?: string;
  page: (config: ConsoleConfig) => ReactNode;
}[] = [
  { path: '/', title: 'Overview', icon: 'overview', page: () => <OverviewPage /> },
  { path: '/queues', title: 'Queues', icon: 'queues', page: () => <QueuesPage /> },
  { path: '/jobs', title: 'Jobs', icon: 'jobs', page: () => <JobsPage /> },
  { path: '/logs', title: 'Logs', icon: 'logs', page: () => <LogsPage /> },
  {
    path: '/webhooks',
    title: 'Webhooks',
    icon: 'webhooks',
    needs: 'webhooks',
    page: () => <WebhooksPage />,
  },
  {
    path: '/billing',
    title: 'Billing',
    icon: 'billing',
    needs: 'billing',
    page: ({ sandbox }) => <BillingPage sandbox={sandbox} />,
  },
  {
    path: '/providers',
    title: 'Providers',
    icon: 'providers',
    page: ({ sandbox }) => <ProvidersPage sandbox={sandbox} />,
  },
  { path: '/flags', title: 'Flags', icon: 'flags', page: () => <FlagsPage /> },
  { path: '/sessions', title: 'Sessions', icon: 'sessions', page: () => <SessionsPage /> },
  { path: '/audit', title: 'Audit', icon: 'audit', page: () => <AuditPage /> },
];
