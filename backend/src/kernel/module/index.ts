import type { Audit } from '../audit/index.ts';
import type { AuthAdmin } from '../auth/index.ts';
import type { Caches } from '../cache/index.ts';
import type { Broadcast } from '../broadcast/index.ts';
import type { Section } from '../config/index.ts';
import type { Database, MigrationSource } from '../db/index.ts';
import type { Entitlements } from '../entitlements/index.ts';
import type { EventBus } from '../events/index.ts';
import type { Flags } from '../flags/index.ts';
import type { HealthCheck, Route } from '../http/index.ts';
import type { JobHandler, Jobs } from '../jobs/index.ts';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Scrubber } from '../privacy/index.ts';
import type { Realtime, RoomRule, SocketEvent } from '../realtime/index.ts';
import type { Providers } from '../resilience/index.ts';
import type { Webhook } from '../webhooks/index.ts';
import type { AdminAction, AdminPage, KernelAdmin } from './admin.ts';

export { adminAction, adminActionFaults } from './admin.ts';
export type {
  AdminAction,
  AdminActionResult,
  AdminActor,
  AdminChoice,
  AdminField,
  AdminPage,
  KernelAdmin,
  ProcessIdentity,
} from './admin.ts';

/** The kernel as a module sees it. */
export interface Kernel {
  db: Database;
  events: EventBus;
  realtime: Realtime;
  jobs: Jobs;
  cache: Caches;
  /** Small messages to all processes. */
  broadcast: Broadcast;
  /** Upstreams, each behind its policy. */
  providers: Providers;
  /** Switches that are set while the server runs. */
  flags: Flags;
  /** What users have bought, whoever sells it. */
  entitlements: Entitlements;
  /** Supabase's admin API for accounts. */
  authAdmin: AuthAdmin;
  metrics: Metrics;
  logger: Logger;
  /** For what a module shows or stores of others' data. */
  scrubber: Scrubber;
  audit: Audit;
  admin: KernelAdmin;
}

/** What a module offers the kernel. Leave out what it lacks. */
export interface ModuleParts {
  routes?: readonly Route[];
  socketEvents?: readonly SocketEvent[];
  /** Who may go on in its rooms after a moment away. Without a rule clients enter them again by an event. */
  socketRooms?: readonly RoomRule[];
  jobs?: readonly JobHandler[];
  webhooks?: readonly Webhook[];
  healthChecks?: readonly HealthCheck[];
  /** What operators can have it do. */
  adminActions?: readonly AdminAction[];
  /** Pages of the console that are about it. */
  adminPages?: readonly AdminPage[];
  /** Begins what the module does by itself, once the kernel has started. A rejection refuses the start. */
  start?: () => void | Promise<void>;
  /** Ends what the module started by itself: timers, subscriptions. */
  dispose?: () => void | Promise<void>;
}

interface ModuleDefinition<S> {
  /** The folder's name. */
  name: string;
  config?: Section<S>;
  /** Folder of the module's own SQL files. */
  migrations?: URL;
  create(kernel: Kernel, settings: S): ModuleParts;
}

export type Module = Omit<ModuleDefinition<unknown>, 'create'> & {
  create(kernel: Kernel, settings: unknown): ModuleParts;
};

/** A feature, whole: its settings, its tables and its doors. Its folder and one line in `modules.ts` are all there is. */
export function defineModule<S = undefined>(definition: ModuleDefinition<S>): Module {
  // The settings handed to create() are those that its own section made.
  return definition;
}

/** Where the SQL files lie: the kernel's own, and each module's. The build leaves the kernel's where they are. */
export const migrationSources = (modules: readonly Module[]): MigrationSource[] => [
  { owner: 'kernel', directory: new URL('../../../migrations/', import.meta.url) },
  ...modules.flatMap(({ name, migrations }) =>
    migrations === undefined ? [] : [{ owner: name, directory: migrations }],
  ),
];
