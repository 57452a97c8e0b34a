import type { KernelConfig } from './kernel/config/index.ts';
import type { Health, HttpServer } from './kernel/http/index.ts';
import type { JobsServer } from './kernel/jobs/index.ts';
import type { Phase } from './kernel/lifecycle/index.ts';
import type { RealtimeServer } from './kernel/realtime/index.ts';

export interface Stoppable {
  health: Health;
  http: HttpServer;
  realtime: RealtimeServer;
  jobs: JobsServer;
  /** Ends timers and subscriptions: what features and the kernel do by themselves. */
  endBackground: () => Promise<void>;
  /** Ends connections to others. Work on them may end for so many milliseconds, then it is cut off. */
  closeConnections: (graceMs: number) => Promise<void>;
}

/** The order in which a server ends, and how long each phase may take. */
export function stopPhases(
  { health, http, realtime, jobs, endBackground, closeConnections }: Stoppable,
  { drainMs, shutdownTimeoutMs }: KernelConfig['lifecycle'],
): Phase[] {
  const phaseMs = shutdownTimeoutMs - drainMs;
  return [
    {
      name: 'drain',
      deadlineMs: drainMs + 1_000,
      run: () => {
        health.drain();
        jobs.drain();
        if (http.sharesPort) realtime.handOver();
        return http.drain(drainMs);
      },
    },
    {
      name: 'requests',
      deadlineMs: phaseMs * 0.6,
      run: async () => {
        await Promise.all([
          http.finishRequests(),
          realtime.finishEvents(),
          // What is not done by then goes back to the queue, and somebody else does it.
          jobs.finish(phaseMs * 0.5),
        ]);
      },
    },
    {
      name: 'sockets',
      deadlineMs: phaseMs * 0.2,
      run: async () => {
        await Promise.all([realtime.close(), http.close()]);
      },
    },
    { name: 'modules', deadlineMs: phaseMs * 0.1, run: endBackground },
    // Half of the time for work to end, the rest for cutting it off.
    {
      name: 'pools',
      deadlineMs: phaseMs * 0.1,
      run: () => closeConnections(phaseMs * 0.05),
    },
  ];
}
