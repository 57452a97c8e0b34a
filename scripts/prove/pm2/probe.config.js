import { join } from 'node:path';
import { apps as real } from '../../../ecosystem.config.js';

/** The ecosystem file as it is, with the server and the worker that have the probe. */
export const apps = real.map((app) => ({
  ...app,
  cwd: join(import.meta.dirname, '..', '..', '..'),
  script: `scripts/prove/pm2/${app.name}.js`,
  instances: app.name === 'api' ? 2 : 1,
  env: { NODE_ENV: 'test', ...(app.name === 'api' ? { JOBS_WORKER: 'none' } : {}) },
}));
