import type { ErrorReporter } from '../telemetry/index.ts';
import type { Answer } from './when-answered.ts';

/** Tells how long requests of declared routes took, by the route's template. */
export function requestReports(reporter: ErrorReporter): (answer: Answer) => void {
  return ({ request, context, status, durationMs }) => {
    const { route, traceId } = context;
    if (route === undefined) return;
    reporter.finished({
      kind: 'request',
      route: `${request.method} ${route}`,
      durationMs,
      status,
      traceId,
    });
  };
}
