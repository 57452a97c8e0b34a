import cors from 'cors';
import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { headersSetBy, type HeaderList } from './common-headers.ts';

const hour = 3600;

/** Headers for an API that also serves its own docs page. The policy admits nothing from other hosts. */
function securityHeaders(): RequestHandler {
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
function crossOrigin(allowedOrigins: readonly string[]): RequestHandler {
  return cors({
    origin: [...allowedOrigins],
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization',
      'Content-Type',
      'If-Match',
      'If-None-Match',
      'Idempotency-Key',
      'Traceparent',
      'Tracestate',
      'X-Request-Id',
    ],
    exposedHeaders: [
      'ETag',
      'Idempotency-Replayed',
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
}

/**
 * What helmet and cors set on an answer: the same for every request of one origin, so they are asked once for each allowed
 * origin, once for all others, and once for requests without one.
 */
export function protection(
  allowedOrigins: readonly string[],
): (request: IncomingMessage) => HeaderList {
  const security = headersSetBy(securityHeaders());
  const permit = crossOrigin(allowedOrigins);
  const forOrigin = (origin: string): HeaderList => [
    ...security,
    ...headersSetBy(permit, { origin }),
  ];
  const toAllowed = new Map(allowedOrigins.map((origin) => [origin, forOrigin(origin)]));
  const toOthers = forOrigin('null');
  const toNone = [...security, 'Vary', 'Origin'];
  return ({ headers: { origin } }) =>
    origin === undefined ? toNone : (toAllowed.get(origin) ?? toOthers);
}

/** Answers the preflights of browsers. Other OPTIONS requests ask for the methods; their route answers them. */
export function preflight(allowedOrigins: readonly string[]): RequestHandler {
  const permit = crossOrigin(allowedOrigins);
  return (request, response, next) => {
    const asks =
      request.method === 'OPTIONS' &&
      request.headers['access-control-request-method'] !== undefined;
    if (asks) permit(request, response, next);
    else next();
  };
}
