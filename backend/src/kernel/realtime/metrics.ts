import type { CounterMetric, Metrics } from '../metrics/index.ts';

export type Refusal = 'origin' | 'transport' | 'full' | 'address' | 'user' | 'auth' | 'other';
export type Cut = 'flood' | 'attachments' | 'slow-consumer';

export interface RealtimeMetrics {
  /** Handshakes that became no socket. */
  refused: CounterMetric<'reason'>;
  /** Sockets that the server ended because they broke a limit. */
  cut: CounterMetric<'reason'>;
  /** Events of clients, by declared name and by how they were answered; what nobody declares is `unknown`. */
  events: CounterMetric<'event' | 'outcome'>;
}

export function realtimeMetrics(
  metrics: Metrics,
  count: { sockets: () => number; connections: () => number },
): RealtimeMetrics {
  metrics.gauge('bulwark_sockets', 'Admitted sockets.', count.sockets);
  metrics.gauge(
    'bulwark_socket_connections',
    'Connections below the sockets, with those that are not admitted.',
    count.connections,
  );
  return {
    refused: metrics.counter('bulwark_sockets_refused_total', 'Refused socket handshakes.', [
      'reason',
    ]),
    cut: metrics.counter('bulwark_sockets_cut_total', 'Sockets ended for breaking a limit.', [
      'reason',
    ]),
    events: metrics.counter('bulwark_socket_events_total', 'Socket events answered.', [
      'event',
      'outcome',
    ]),
  };
}
