import type { Database } from './kernel/db/index.ts';
import { keepTrying, type Phase } from './kernel/lifecycle/index.ts';
import type { Logger } from './kernel/logging/index.ts';

export interface Startable {
  db: Database;
  logger: Logger;
  /** Fires when the server is to stop before it has started. */
  signal: AbortSignal;
  openTelemetry: () => Promise<unknown>;
  /** Reaches the other processes. */
  connectProcesses: () => Promise<unknown>;
  startJobs: () => Promise<void>;
  startModules: () => Promise<unknown>;
  listen: () => Promise<void>;
}

/** The order in which a server starts, and how long each phase may take. */
export const startPhases = (parts: Startable): Phase[] => [
  // Without its database the server refuses to start: a release with a wrong address must not replace one that works. After a
  // reboot the database may come up later, so there is some patience.
  {
    name: 'database',
    deadlineMs: 15_000,
    run: () =>
      keepTrying(() => parts.db.ping(2_000), {
        forMs: 10_000,
        signal: parts.signal,
        onFirstFault: (error) => {
          parts.logger.warn({ err: error }, 'Waiting for the database');
        },
      }),
  },
  { name: 'telemetry', deadlineMs: 10_000, run: ignoring(parts.openTelemetry) },
  // What does not come up in this time comes up later: sockets of one process do without.
  { name: 'sockets', deadlineMs: 6_000, run: ignoring(parts.connectProcesses) },
  { name: 'jobs', deadlineMs: 15_000, run: parts.startJobs },
  { name: 'modules', deadlineMs: 10_000, run: ignoring(parts.startModules) },
  { name: 'listen', deadlineMs: 5_000, run: parts.listen },
];

const ignoring = (run: () => Promise<unknown>) => async () => {
  await run();
};
