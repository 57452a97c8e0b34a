import type { RequestHandler } from 'express';
import { AppError } from '../errors/index.ts';

/** Goes behind the handlers of one address: names its methods to OPTIONS, and refuses the others with Allow. */
export function methodNotAllowed(methods: readonly string[]): RequestHandler {
  const allowed = methods.flatMap((method) =>
    method === 'get' ? ['GET', 'HEAD'] : method.toUpperCase(),
  );
  const allow = [...new Set(allowed), 'OPTIONS'].join(', ');
  return (request, response) => {
    if (request.method !== 'OPTIONS')
      throw new AppError('METHOD_NOT_ALLOWED', { headers: { Allow: allow } });
    response.status(204).setHeader('Allow', allow).end();
  };
}
