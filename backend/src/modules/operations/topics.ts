import type { Metrics } from '../../kernel/metrics/index.ts';
import { valuesOf } from './own-metrics.ts';

/** What the console asks for again when it hears of it, beside the pages of modules. */
export const topics = [
  'overview',
  'queues',
  'jobs',
  'logs',
  'webhooks',
  'providers',
  'flags',
  'sessions',
  'audit',
] as const;
/** One of them, or the name of a module's page. */
export type Topic = string;

/** What each kind of change touches, by the first word of its action. */
const ofAction: Readonly<Record<string, readonly Topic[]>> = {
  queues: ['queues', 'overview'],
  jobs: ['jobs', 'queues', 'overview'],
  actions: ['jobs', 'queues'],
  webhooks: ['webhooks', 'queues', 'jobs'],
  providers: ['providers', 'overview'],
  // What it does is seen by what it sends.
  sandbox: ['providers', 'webhooks'],
  flags: ['flags'],
  sessions: ['sessions'],
};

export const topicsOf = (action: string): readonly Topic[] => [
  ...(ofAction[action.split('.', 1)[0] ?? ''] ?? []),
  'audit',
];

/**
 * What this process counts tells what it has changed, at no cost to whoever does the work: jobs begun and ended, rows of
 * logs written, breakers moved, sockets come and gone.
 */
const counted: readonly (readonly [metric: string, topics: readonly Topic[]])[] = [
  ['bulwark_jobs_enqueued_total', ['queues', 'jobs']],
  ['bulwark_jobs_running', ['queues', 'jobs']],
  ['bulwark_jobs_total', ['queues', 'jobs', 'overview']],
  ['bulwark_log_store_lines_total', ['logs']],
  ['bulwark_webhooks_total', ['webhooks']],
  ['bulwark_webhook_attempts_total', ['webhooks']],
  ['bulwark_provider_calls_total', ['providers']],
  ['bulwark_breaker_state', ['providers', 'overview']],
  ['bulwark_sockets', ['sessions']],
];

/** What has changed since the time before, which this remembers; nothing at the first time. */
export function createWatch(metrics: Metrics) {
  let before: readonly string[] | undefined;
  return {
    async changes(): Promise<Topic[]> {
      const now = await Promise.all(
        counted.map(async ([metric]) => fingerprint(await valuesOf(metrics, metric))),
      );
      const last = before;
      before = now;
      return counted.flatMap(([, touched], index) =>
        last === undefined || last[index] === now[index] ? [] : touched,
      );
    },
    forget() {
      before = undefined;
    },
  };
}

const fingerprint = (values: readonly { value: number }[]): string =>
  values.map(({ value }) => value).join();
