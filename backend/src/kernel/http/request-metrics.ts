import type { Metrics } from '../metrics/index.ts';
import type { Answer } from './when-answered.ts';

/** Seconds. Most answers take milliseconds; the last bounds are about timeouts. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Stands for every path that is no declared one: paths are the client's to make up. */
const noRoute = 'none';

interface Operation {
  duration: { observe(value: number): void };
  /** By status. */
  requests: Map<number, { add(by?: number): void }>;
}

/** Rate, errors and duration by operation. Whatever strangers send, the labels are of closed sets. */
export function requestMetrics(metrics: Metrics): (answer: Answer) => void {
  const requests = metrics.counter(
    'bulwark_http_requests_total',
    'Requests answered, by method, route template and status. 499: the client went away first.',
    ['method', 'route', 'status'],
  );
  const duration = metrics.histogram(
    'bulwark_http_request_duration_seconds',
    'From the arrival of the headers to the last byte of the answer.',
    buckets,
    ['method', 'route'],
  );
  const operations = new Map<string, Map<string, Operation>>();

  function operationOf(method: string, route: string): Operation {
    let ofRoute = operations.get(route);
    if (!ofRoute) {
      ofRoute = new Map<string, Operation>();
      operations.set(route, ofRoute);
    }
    let operation = ofRoute.get(method);
    if (!operation) {
      operation = { duration: duration.series({ method, route }), requests: new Map() };
      ofRoute.set(method, operation);
    }
    return operation;
  }

  return ({ request, context, status, durationMs }) => {
    const method = methods.has(request.method) ? request.method : 'other';
    const route = context.route ?? noRoute;
    const operation = operationOf(method, route);
    let counted = operation.requests.get(status);
    if (!counted) {
      counted = requests.series({ method, route, status: String(status) });
      operation.requests.set(status, counted);
    }
    counted.add();
    operation.duration.observe(durationMs / 1000);
  };
}
