import { Router } from 'express';
import type { Logger } from '../logging/index.ts';
import type { Metrics } from '../metrics/index.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { named } from './request-context.ts';

/** One thing the server needs. `check` rejects when it is not there; past the signal's time it counts as failing. */
export interface HealthCheck {
  name: string;
  /** A failing critical check takes the server out of the load balancer; others are only reported. */
  critical: boolean;
  check: (signal: AbortSignal) => Promise<void>;
}

export interface HealthReport {
  status: 'ok' | 'degraded' | 'unavailable' | 'draining';
  checks: Record<string, 'ok' | 'failing'>;
}

export interface Health {
  /** At most one round of checks a second, however often it is asked. */
  report(): Promise<HealthReport>;
  /** From now on the server says that it is not ready, so that no new work is sent to it. */
  drain(): void;
}

/** Answered however busy the server is. */
export const healthPaths = ['/livez', '/readyz', '/health'];

const checkTimeoutMs = 2_000;
const reportLifetimeMs = 1_000;

export function createHealth(
  checks: readonly HealthCheck[],
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): Health {
  let draining = false;
  let latest: { at: number; report: Promise<HealthReport> } | undefined;

  async function run({ name, check }: HealthCheck): Promise<'ok' | 'failing'> {
    const signal = AbortSignal.timeout(checkTimeoutMs);
    try {
      await Promise.race([check(signal), aborted(signal)]);
      return 'ok';
    } catch (error) {
      logger.warn({ check: name, err: error }, 'health check failed');
      return 'failing';
    }
  }

  async function runAll(): Promise<HealthReport> {
    const results = await Promise.all(
      checks.map(async (check) => ({ check, state: await run(check) })),
    );
    const failing = results.filter(({ state }) => state === 'failing');
    const unavailable = failing.some(({ check }) => check.critical);
    return {
      status: unavailable ? 'unavailable' : failing.length > 0 ? 'degraded' : 'ok',
      checks: Object.fromEntries(results.map(({ check, state }) => [check.name, state])),
    };
  }

  async function report(): Promise<HealthReport> {
    if (latest === undefined || performance.now() - latest.at > reportLifetimeMs) {
      latest = { at: performance.now(), report: runAll() };
    }
    const current = await latest.report;
    return draining ? { ...current, status: 'draining' } : current;
  }

  metrics.gauge('bulwark_ready', 'Whether /readyz says yes: 1 or 0.', async () =>
    isReady(await report()) ? 1 : 0,
  );
  metrics.gauge(
    'bulwark_health_check_ok',
    'Whether what the server needs is there: 1 or 0.',
    async () =>
      Object.entries((await report()).checks).map(([check, state]) => ({
        labels: { check },
        value: state === 'ok' ? 1 : 0,
      })),
    ['check'],
  );

  return {
    report,
    drain() {
      draining = true;
    },
  };
}

const isReady = ({ status }: HealthReport): boolean => status === 'ok' || status === 'degraded';

/**
 * `/livez`: the process turns (restart it otherwise). `/readyz`: it can serve (send it work). `/health`: for people.
 * None of them says more than names and states.
 */
export function healthRoutes(health: Health): Router {
  const router = Router({ caseSensitive: true });
  router.get('/livez', named('/livez'), (_request, response) => {
    response.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  for (const path of ['/readyz', '/health']) {
    router.get(path, named(path), async (_request, response) => {
      const report = await health.report();
      const ready = isReady(report);
      if (!ready) response.set('Retry-After', '5');
      response
        .status(ready ? 200 : 503)
        .set('Cache-Control', 'no-store')
        .json({ ...report, uptimeSeconds: Math.floor(process.uptime()) });
    });
  }
  router.all(healthPaths, methodNotAllowed(['get']));
  return router;
}

/** Rejects when the signal fires, for a check that pays it no heed. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(signal.reason as Error);
    });
  });
}
