import { AppError } from '../errors/index.ts';
import type { Metrics } from '../metrics/index.ts';
import type { Database } from './types.ts';

/** Seconds. */
const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Runs work inside of a span. Nothing of the statements is told: they are many, and their values are data. */
type Span = <T>(
  name: string,
  attributes: Readonly<Record<string, string>>,
  work: () => Promise<T>,
) => Promise<T>;

/** The same database, with its transactions and its pool measured and traced. */
export function observeDatabase(
  database: Database,
  { metrics, span }: { metrics: Metrics; span: Span },
): Database {
  const duration = metrics.histogram(
    'bulwark_database_transaction_duration_seconds',
    'From asking for a connection to the end of the transaction, retries included.',
    buckets,
    ['rights'],
  );
  const failures = metrics.counter(
    'bulwark_database_failures_total',
    'Transactions that failed, by error code; `other` is what the work itself threw.',
    ['code'],
  );
  metrics.gauge(
    'bulwark_database_connections',
    'Connections of the pool.',
    () => {
      const { total, idle } = database.state();
      return [
        { labels: { state: 'busy' }, value: total - idle },
        { labels: { state: 'idle' }, value: idle },
      ];
    },
    ['state'],
  );
  metrics.gauge(
    'bulwark_database_connections_max',
    'Most connections that the pool may have.',
    () => database.state().max,
  );
  metrics.gauge(
    'bulwark_database_waiting',
    'Transactions that wait for a connection.',
    () => database.state().waiting,
  );

  function observed(rights: 'caller' | 'service' | 'login') {
    const seconds = duration.series({ rights });
    const attributes = { 'db.system.name': 'postgresql', 'bulwark.database.rights': rights };
    return async <T>(work: () => Promise<T>): Promise<T> => {
      const startedAt = performance.now();
      try {
        return await span('database transaction', attributes, work);
      } catch (error) {
        failures.add({ code: AppError.is(error) ? error.code : 'other' });
        throw error;
      } finally {
        seconds.observe((performance.now() - startedAt) / 1000);
      }
    };
  }
  const asCaller = observed('caller');
  const asService = observed('service');
  const asLogin = observed('login');
  return {
    ...database,
    asCaller: (caller, work, options) => asCaller(() => database.asCaller(caller, work, options)),
    readAsCaller: (caller, sql, values, options) =>
      asCaller(() => database.readAsCaller(caller, sql, values, options)),
    asService: (work, options) => asService(() => database.asService(work, options)),
    asLogin: (work, options) => asLogin(() => database.asLogin(work, options)),
  };
}
