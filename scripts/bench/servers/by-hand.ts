/**
 * The hardening that a competent team puts together from the usual parts, each as its documentation says. Checks less than
 * Bulwark does: a session that was ended stays valid until its token expires.
 */
import type { AddressInfo } from 'node:net';
import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import { createRemoteJWKSet, jwtVerify } from 'jose';
import { pinoHttp } from 'pino-http';

const { SUPABASE_URL = '', ALLOWED_ORIGINS = '' } = process.env;
const issuer = `${SUPABASE_URL}/auth/v1`;
const keys = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`));

const app = express();
app.use(pinoHttp());
app.use(helmet());
app.use(cors({ origin: ALLOWED_ORIGINS.split(',') }));
app.use(express.json());
app.use(
  rateLimit({ windowMs: 60_000, limit: 100_000_000, standardHeaders: true, legacyHeaders: false }),
);

app.use(async (request, response, next) => {
  const token = /^Bearer (\S+)$/i.exec(request.get('authorization') ?? '')?.[1];
  try {
    const { payload } = await jwtVerify(token ?? '', keys, {
      issuer,
      audience: 'authenticated',
      algorithms: ['ES256', 'RS256'],
    });
    response.locals.claims = payload;
    next();
  } catch {
    response.status(401).json({ error: 'Unauthorized' });
  }
});

app.get('/api/v1/me', (_request, response) => {
  const claims = response.locals.claims as Record<string, unknown> & { exp: number };
  response.json({
    id: claims.sub,
    email: claims.email ?? null,
    role: 'user',
    isAnonymous: claims.is_anonymous ?? false,
    sessionId: claims.session_id ?? null,
    expiresAt: new Date(claims.exp * 1_000).toISOString(),
  });
});

const server = app.listen(0, '127.0.0.1', () => {
  process.send?.((server.address() as AddressInfo).port);
});
process.once('SIGTERM', () => process.exit(0));
