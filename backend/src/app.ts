import { randomUUID } from 'node:crypto';
import express from 'express';
import type { App, AppOptions } from './app-options.ts';
import { createAudit } from './kernel/audit/index.ts';
import {
  createAuthenticator,
  createSessionLiveness,
  createTokenVerifier,
} from './kernel/auth/index.ts';
import { createDatabase, observeDatabase } from './kernel/db/index.ts';
import { createEventBus } from './kernel/events/index.ts';
import {
  accessLog,
  apiPrefix,
  clientAddress,
  consolePage,
  createHealth,
  createHttpServer,
  createRequestMetrics,
  docsPage,
  errorHandler,
  healthPaths,
  healthRoutes,
  meRoute,
  mountRoutes,
  notFoundHandler,
  openApiDocument,
  preflight,
  protection,
  requestContext,
  requestReports,
  requestSpans,
  shedLoad,
  whenAnswered,
  writeCommonHeaders,
} from './kernel/http/index.ts';
import { createJobs } from './kernel/jobs/index.ts';
import { createIdempotency } from './kernel/idempotency/index.ts';
import { runStartPhases, runStopPhases } from './kernel/lifecycle/index.ts';
import { createLogSearch, createLogStore } from './kernel/logstore/index.ts';
import { createMetrics, createMetricsServer, measureProcess } from './kernel/metrics/index.ts';
import { createLoadShedder } from './kernel/overload/index.ts';
import { createScrubber } from './kernel/privacy/index.ts';
import { createRealtime } from './kernel/realtime/index.ts';
import { createRedis } from './kernel/redis/index.ts';
import { createTracing, observeReports, silentReporter } from './kernel/telemetry/index.ts';
import { createLimits } from './limits.ts';
import { createParts } from './parts.ts';
import { startPhases } from './start-phases.ts';
import { createWebhooks } from './kernel/webhooks/index.ts';
import { stopPhases, type Stoppable } from './stop-phases.ts';
import { createUpstreams } from './upstreams.ts';

export type { App, AppOptions, Role } from './app-options.ts';

/** Puts the server together: the only place that knows all parts. Nothing listens or connects before `start`. */
export function createApp(options: AppOptions): App {
  const { config, modules, settings, logger, version, role = 'api' } = options;
  const { scrubber = createScrubber(), reporter = silentReporter } = options;
  const processId = randomUUID();
  const metrics = createMetrics();
  observeReports(metrics, { scrubber, reporter });
  const requests = createRequestMetrics(metrics);
  const tracing = createTracing(config.tracing, {
    version,
    environment: config.environment,
    logger,
    metrics,
    scrub: scrubber.text,
  });
  const db = observeDatabase(
    options.database ?? createDatabase(config.database, { logger, applicationName: 'bulwark-api' }),
    { metrics, span: tracing.span },
  );
  const redis =
    config.redis.kind === 'on' ? createRedis(config.redis.url, { logger, metrics }) : undefined;
  const verifier = createTokenVerifier(config.auth, { logger });
  const liveness = createSessionLiveness({ database: db, config: config.auth, logger });
  const authenticator = createAuthenticator({ verifier, liveness });
  const limits = createLimits(config, { redis, logger, metrics });
  const { rateLimiter } = limits;
  const logStore = createLogStore(config.logStore, {
    tap: options.logTap,
    database: config.database,
    logger,
    metrics,
  });
  const upstreams = createUpstreams({
    config,
    db,
    redis,
    logger,
    metrics,
    scrubber,
    tracing,
    version,
  });
  const { broadcast, providers, cache, flags, entitlements } = upstreams;
  const idempotency = createIdempotency(config.idempotency, { db, logger, metrics });
  const events = createEventBus(logger);
  const shedder = createLoadShedder({
    config: config.overload,
    metrics,
    logger,
    sampler: options.eventLoop,
  });

  const app = express();
  const { allowedOrigins } = config.http;
  const protectionOf = protection(allowedOrigins);
  const door = shedLoad(app, {
    shedder,
    exempt: healthPaths,
    protectionOf,
    onRefused: requests.refused,
  });
  const http = createHttpServer(door, config.http, logger, requests.refused);
  const realtime = createRealtime({
    server: http.server,
    config: config.realtime,
    processId,
    allowedOrigins,
    addressOf: clientAddress(app),
    authenticator,
    liveness,
    rateLimiter,
    entitlements,
    shedder,
    tracing,
    metrics,
    redis,
    listenUrl: config.database.listenUrl,
    reporter,
    logger,
  });

  const jobs = createJobs({
    config: config.jobs,
    databaseConfig: config.database,
    database: db,
    logger,
    metrics,
    scrubber,
    reporter,
    tracing,
  });

  const webhooks = createWebhooks(config.webhooks, { db, jobs, logger, metrics, scrubber });
  const audit = createAudit({ database: db, scrubber, logger });
  const parts = createParts({
    modules,
    settings,
    kernel: {
      db,
      events,
      realtime,
      jobs,
      broadcast,
      providers,
      cache,
      flags,
      entitlements,
      authAdmin: upstreams.authAdmin,
      metrics,
      logger,
      scrubber,
      audit,
    },
    admin: {
      process: { id: processId, role, version },
      health: { report: () => health.report() },
      sessions: realtime.admin,
      jobs: jobs.admin,
      webhooks: webhooks.admin,
      providers: providers.admin,
      flags: flags.admin,
      logs: createLogSearch(db),
      sandbox: config.sandbox,
    },
  });
  const inbox = webhooks.serve(parts.flatMap((part) => part.webhooks ?? []));
  const routes = [meRoute, ...parts.flatMap((part) => part.routes ?? []), ...inbox.routes];
  const health = createHealth(
    [
      { name: 'database', critical: true, check: () => db.ping(2_000) },
      // Whatever Redis carries has a way to go on without it.
      ...(redis ? [{ name: 'redis', critical: false, check: () => redis.ping(1_000) }] : []),
      ...parts.flatMap((part) => part.healthChecks ?? []),
    ],
    { logger, metrics },
  );
  const document = openApiDocument(routes, apiPrefix, version);

  app.disable('x-powered-by');
  app.disable('etag');
  // A rule of a proxy for /api/v1/admin must not be passed by /API/V1/ADMIN.
  app.enable('case sensitive routing');
  app.set('trust proxy', config.http.trustProxy);

  writeCommonHeaders(app, protectionOf);
  // The middleware order. Identity, rate limit and validation belong to each route and run inside mountRoutes.
  app.use(requestContext(tracing));
  app.use(
    whenAnswered(
      accessLog(logger, scrubber.text),
      requests.answered,
      ...(config.tracing.kind === 'on' ? [requestSpans(tracing)] : []),
      ...(config.sentry.kind === 'on' ? [requestReports(reporter)] : []),
    ),
  );
  app.use(preflight(allowedOrigins));
  mountRoutes(app, apiPrefix, routes, {
    authenticator,
    rateLimiter,
    idempotency,
    entitlements,
    shedder,
    bodyLimitBytes: config.http.bodyLimitBytes,
  });
  app.use(healthRoutes(health));
  app.use(docsPage(`${apiPrefix}/openapi.json`, document));
  if (config.http.console)
    app.use(
      consolePage({
        supabaseUrl: config.auth.supabaseUrl,
        anonKey: config.auth.anonKey.reveal(),
        sandbox: config.sandbox.kind === 'on',
        directory: options.consoleDirectory,
      }),
    );
  app.use(notFoundHandler());
  app.use(errorHandler(logger, reporter));
  realtime.serve(
    parts.flatMap((part) => part.socketEvents ?? []),
    parts.flatMap((part) => part.socketRooms ?? []),
  );
  jobs.serve([...parts.flatMap((part) => part.jobs ?? []), ...inbox.jobs]);

  const scrapes =
    config.metrics.kind === 'on' ? createMetricsServer(metrics, config.metrics, logger) : undefined;
  if (scrapes) measureProcess(metrics, { version });

  const stopping = new AbortController();
  let stopped: Promise<boolean> | undefined;

  async function start(): Promise<number> {
    let port = 0;
    redis?.start();
    const { signal } = stopping;
    const phases = startPhases({
      db,
      logger,
      signal,
      openTelemetry: () => Promise.all([tracing.open(), scrapes?.listen()]),
      connectProcesses: () => Promise.all([realtime.start(signal), upstreams.start(signal)]),
      startJobs: () => jobs.start({ work: role === 'worker' || config.jobs.inline }),
      startModules: () => Promise.all(parts.map(async (part) => part.start?.())),
      listen: async () => {
        if (role !== 'api') return;
        port = await http.listen();
        shedder.start();
      },
    });
    await runStartPhases(phases, logger, signal);
    return port;
  }

  function stop(): Promise<boolean> {
    stopping.abort();
    const stoppable: Stoppable = {
      health,
      http,
      realtime,
      jobs,
      endBackground: async () => {
        await Promise.all([
          rateLimiter.close(),
          upstreams.endBackground(),
          ...parts.map(async (part) => part.dispose?.()),
        ]);
        for (const piece of [idempotency, liveness, verifier, webhooks]) piece.close();
        shedder.stop();
      },
      closeConnections: async (graceMs) => {
        await upstreams.close();
        redis?.close();
        await Promise.all([
          ...[db, limits, logStore].map((one) => one.close(graceMs)),
          tracing.close(graceMs),
          reporter.flush(graceMs),
          scrapes?.close(),
          jobs.close(),
        ]);
      },
    };
    return runStopPhases(stopPhases(stoppable, config.lifecycle), logger);
  }

  return { express: app, metrics, start, stop: () => (stopped ??= stop()) };
}
