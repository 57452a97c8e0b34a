/**
 * PM2: the API as a cluster, the worker beside it. No secrets here: they are in the environment of whoever starts PM2, or
 * in the files that `…_FILE` variables name.
 *
 *   pm2 start ecosystem.config.js --env production
 *   pm2 reload ecosystem.config.js --env production    nothing is lost; new processes first, old ones after them
 *   pm2 restart api --parallel 1                       the same, with two instances or more
 */
const {
  // `npm run deploy` starts the processes through its link `current`, so that a reload finds the new release.
  RELEASE_LINK: root = import.meta.dirname,
  WEB_CONCURRENCY: instances = 'max',
  SHUTDOWN_TIMEOUT_MS: shutdownMs = '15000',
  METRICS_PORT: metricsPort,
  // Behind those of the API's processes, which take a port each.
  WORKER_METRICS_PORT: workerMetricsPort = metricsPort && String(Number(metricsPort) + 100),
} = process.env;

const ofWorker = workerMetricsPort ? { METRICS_PORT: workerMetricsPort } : {};

const common = {
  cwd: root,
  // The process says `ready` when it serves; until then the old one goes on. A database may take 10 s to answer.
  wait_ready: true,
  listen_timeout: 20_000,
  // Longer than a shutdown, which holds the drain: a process ends by itself before it is killed.
  kill_timeout: Number(shutdownMs) + 5_000,
  shutdown_with_message: true,
  // One that cannot start is tried again after 0.2 s, 0.3 s, … 15 s.
  exp_backoff_restart_delay: 200,
  source_map_support: true,
  merge_logs: true,
  // The lines are JSON and carry their time.
  time: false,
  env: { NODE_ENV: 'development' },
};

export const apps = [
  {
    ...common,
    name: 'api',
    script: 'backend/dist/index.js',
    exec_mode: 'cluster',
    instances,
    max_memory_restart: '600M',
    env_staging: { NODE_ENV: 'staging', JOBS_WORKER: 'none' },
    env_production: { NODE_ENV: 'production', JOBS_WORKER: 'none' },
  },
  {
    ...common,
    name: 'worker',
    script: 'backend/dist/worker.js',
    exec_mode: 'fork',
    instances: 1,
    max_memory_restart: '600M',
    env_staging: { NODE_ENV: 'staging', ...ofWorker },
    env_production: { NODE_ENV: 'production', ...ofWorker },
  },
];
