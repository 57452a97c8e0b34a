import type { Tracing } from '../telemetry/index.ts';
import type { Answer } from './when-answered.ts';

/** Ends the span of each request, named by its route's template. No path, query or header: they carry data. */
export function requestSpans(tracing: Tracing): (answer: Answer) => void {
  return ({ request, context, status }) => {
    const { route, requestId } = context;
    const failed = status >= 500;
    tracing.end(context, {
      name: route === undefined ? request.method : `${request.method} ${route}`,
      attributes: {
        'http.request.method': request.method,
        'http.response.status_code': status,
        'bulwark.request_id': requestId,
        ...(route === undefined ? {} : { 'http.route': route }),
        ...(failed ? { 'error.type': String(status) } : {}),
      },
      failed,
    });
  };
}
