import type { Metrics } from '../metrics/index.ts';
import type { Answer } from './when-answered.ts';

/** Seconds. Most answers take milliseconds; the last bounds are about timeouts. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Stands for every path that is no declared one: paths are the client's to make up. */
const noRoute = 'none';
const otherMethod = 'other';

interface Operation {
  duration: { observe(value: number): void };
  /** By status. */
  requests: Map<number, { add(by?: number): void }>;
}

/** What counts requests: those that were taken in, and those that were refused before anything was known of them. */
export interface RequestMetrics {
  answered(answer: Answer): void;
  /** Of no route and of the method `other`: nobody looked. */
  refused(status: number): void;
}

/** Rate, errors and duration by operation. Whatever strangers send, the labels are of closed sets. */
export function createRequestMetrics(metrics: Metrics): RequestMetrics {
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

  function count(method: string, route: string, status: number): Operation {
    const operation = operationOf(method, route);
    let counted = operation.requests.get(status);
    if (!counted) {
      counted = requests.series({ method, route, status: String(status) });
      operation.requests.set(status, counted);
    }
    counted.add();
    return operation;
  }

  return {
    answered({ request, context, status, durationMs }) {
      const method = methods.has(request.method) ? request.method : otherMethod;
      const operation = count(method, context.route ?? noRoute, status);
      operation.duration.observe(durationMs / 1000);
    },
    refused(status) {
      count(otherMethod, noRoute, status);
    },
  };
}
