import cors from 'cors';
import express from 'express';
import type { Express } from 'express';
import { accountRoutes } from './account-routes.ts';
import { adminRoutes } from './admin-routes.ts';
import { requireApiKey } from './api-keys.ts';
import { requireAdmin } from './callers.ts';
import type { AuthContext, Logger } from './context.ts';
import { AuthError, errorHandler } from './errors.ts';
import { rotateSigningKeys } from './signing-keys.ts';

/** Supabase's gateway in small: one host, the auth service behind `/auth/v1`, nothing behind the rest. */
export function createRouter(context: AuthContext, logger: Logger | undefined): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  // A web app on another port calls this from the browser, as it calls Supabase.
  app.use(cors({ exposedHeaders: ['link', 'x-total-count', 'x-supabase-api-version'] }));

  app.get(['/.well-known/jwks.json', '/auth/v1/.well-known/jwks.json'], async (_req, res) => {
    res.json(await context.signingKeys.jwks());
  });
  app.get('/auth/v1/health', async (_req, res) => {
    await context.pool.query('select 1');
    res.json({ name: 'auth emulator', version: 'local', description: 'For development and tests' });
  });

  app.use(requireApiKey(context.apiKeys));
  // GoTrue reads every body as JSON, whatever its content type.
  app.use(express.json({ type: () => true, limit: '1mb' }));
  app.get('/auth/v1/settings', (_req, res) => {
    res.json({
      external: { email: true, phone: false, anonymous_users: true },
      disable_signup: false,
      mailer_autoconfirm: true,
      phone_autoconfirm: false,
      saml_enabled: false,
    });
  });
  // Not GoTrue's: on Supabase keys are rotated in the dashboard.
  app.post('/local/rotate-keys', async (req, res) => {
    await requireAdmin(context, req);
    res.json({ kid: await rotateSigningKeys(context.pool) });
  });
  app.use('/auth/v1/admin', adminRoutes(context));
  app.use('/auth/v1', accountRoutes(context));
  app.use((req) => {
    throw new AuthError(
      501,
      'not_implemented',
      `The local auth emulator does not have ${req.method} ${req.path}`,
    );
  });
  app.use(errorHandler(logger));
  return app;
}
