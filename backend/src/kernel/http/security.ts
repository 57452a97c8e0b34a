import cors from 'cors';
import type { RequestHandler } from 'express';
import helmet from 'helmet';

const hour = 3600;

/** Headers for an API that also serves its own docs page. The policy admits nothing from other hosts. */
export function securityHeaders(): RequestHandler {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        baseUri: ["'none'"],
        connectSrc: ["'self'"],
        fontSrc: ["'self'", 'data:'],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
        imgSrc: ["'self'", 'data:'],
        objectSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // The docs page sets inline styles; scripts stay strict.
        styleSrc: ["'self'", "'unsafe-inline'"],
      },
    },
    crossOriginResourcePolicy: { policy: 'cross-origin' },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: { maxAge: 365 * 24 * hour, includeSubDomains: true },
  });
}

/** Browsers of the allowed origins may call; others get no permission, and their browser keeps the answer from the page. */
export function crossOrigin(allowedOrigins: readonly string[]): RequestHandler {
  const permit = cors({
    origin: [...allowedOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'ETag',
      'Location',
      'Link',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'X-Request-Id',
    ],
    maxAge: hour,
    optionsSuccessStatus: 204,
  });
  return (request, response, next) => {
    // An OPTIONS request that is no preflight asks for the methods; its route answers it.
    const asksForMethods =
      request.method === 'OPTIONS' && request.get('access-control-request-method') === undefined;
    if (asksForMethods) next();
    else permit(request, response, next);
  };
}
