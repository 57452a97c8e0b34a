import { billingApi } from './billing-api.ts';
import type { Query, Requester } from './request.ts';
import type {
  Action,
  ActionResult,
  AuditPage,
  Choice,
  Faults,
  Flag,
  FlagRule,
  Job,
  JobFilter,
  JobsPage,
  LogFilter,
  LogsPage,
  Overview,
  Provider,
  QueueState,
  SandboxProvider,
  Sessions,
  ThroughputPoint,
} from './types.ts';
import type { SandboxStore, StoreCommand } from './store-types.ts';
import type { WebhookDetails, WebhookFilter, WebhookRange, WebhooksPage } from './webhook-types.ts';

export type Selection = { ids: string[] } | { queue: string } | { all: true };

/** The admin API, an operation a function. All reject with an ApiError. */
export function createApi(request: Requester) {
  async function get<T>(path: string, signal?: AbortSignal, query: Query = {}): Promise<T> {
    const response = await request(path, { query, ...(signal === undefined ? {} : { signal }) });
    return (await response.json()) as T;
  }
  async function change<T>(method: 'POST' | 'PUT', path: string, body: unknown): Promise<T> {
    return (await (await request(path, { method, body })).json()) as T;
  }
  async function tell(method: 'POST' | 'DELETE', path: string): Promise<void> {
    await request(path, { method });
  }
  const name = encodeURIComponent;
  const counted = async (path: string, body: unknown): Promise<number> =>
    (await change<{ count: number }>('POST', path, body)).count;

  return {
    pages: async (signal?: AbortSignal) => (await get<{ pages: string[] }>('pages', signal)).pages,
    overview: (minutes: number, signal?: AbortSignal) =>
      get<Overview>('overview', signal, { minutes }),

    queues: async (signal?: AbortSignal) =>
      (await get<{ queues: QueueState[] }>('queues', signal)).queues,
    throughput: async (queue: string, minutes: number, signal?: AbortSignal) =>
      (
        await get<{ points: ThroughputPoint[] }>(`queues/${name(queue)}/throughput`, signal, {
          minutes,
        })
      ).points,
    pause: (queue: string) => tell('POST', `queues/${name(queue)}/pause`),
    resume: (queue: string) => tell('POST', `queues/${name(queue)}/resume`),

    jobs: (filter: JobFilter, cursor: string | undefined, signal?: AbortSignal) =>
      get<JobsPage>('jobs', signal, { ...filter, cursor, limit: 50 }),
    job: (id: string, signal?: AbortSignal) => get<Job>(`jobs/${name(id)}`, signal),
    jobsCsv: async (filter: JobFilter) =>
      (await request('jobs.csv', { query: { ...filter } })).blob(),
    retry: (ids: string[]) => counted('jobs/retry', { ids }),
    redrive: (which: Selection) => counted('jobs/redrive', which),
    discard: (ids: string[]) => counted('jobs/discard', { ids }),

    logs: (
      filter: LogFilter,
      at: { before?: string; after?: string },
      signal?: AbortSignal,
    ): Promise<LogsPage> => get<LogsPage>('logs', signal, { ...filter, ...at, limit: 100 }),

    webhooks: (filter: WebhookFilter, cursor: string | undefined, signal?: AbortSignal) =>
      get<WebhooksPage>('webhooks', signal, { ...filter, cursor, limit: 50 }),
    webhook: (id: string, signal?: AbortSignal) =>
      get<WebhookDetails>(`webhooks/${name(id)}`, signal),
    webhooksInRange: async (range: WebhookRange) =>
      (await get<{ count: number }>('webhooks/count', undefined, { ...range })).count,
    replay: (which: { ids: string[] } | (WebhookRange & { cursor?: string })) =>
      change<{ count: number; next: string | null }>('POST', 'webhooks/replay', which),

    providers: async (signal?: AbortSignal) =>
      (await get<{ providers: Provider[] }>('providers', signal)).providers,
    resetProvider: (provider: string) => tell('POST', `providers/${name(provider)}/reset`),
    sandbox: async (signal?: AbortSignal) =>
      (await get<{ providers: SandboxProvider[] }>('sandbox', signal)).providers,
    stores: async (signal?: AbortSignal) =>
      (await get<{ stores: SandboxStore[] }>('sandbox/stores', signal)).stores,
    command: async (store: string, command: StoreCommand): Promise<void> => {
      await request(`sandbox/${name(store)}/commands`, { method: 'POST', body: command });
    },
    setFaults: (provider: string, faults: Faults | null) =>
      change<unknown>('PUT', `sandbox/${name(provider)}`, { faults }),

    flags: async (signal?: AbortSignal) => (await get<{ flags: Flag[] }>('flags', signal)).flags,
    setFlag: (flag: string, rule: FlagRule & { version: number }) =>
      change<Flag>('PUT', `flags/${name(flag)}`, rule),
    removeFlag: (flag: string) => tell('DELETE', `flags/${name(flag)}`),

    sessions: (signal?: AbortSignal) => get<Sessions>('sessions', signal),
    disconnect: (socket: string) => tell('DELETE', `sessions/${name(socket)}`),

    audit: (action: string | undefined, cursor: string | undefined, signal?: AbortSignal) =>
      get<AuditPage>('audit', signal, { action, cursor }),

    actions: async (signal?: AbortSignal) =>
      (await get<{ actions: Action[] }>('actions', signal)).actions,
    choices: async (action: string, field: string, chosen: string, signal?: AbortSignal) =>
      (
        await get<{ choices: Choice[] }>(`actions/${name(action)}/choices`, signal, {
          field,
          chosen,
        })
      ).choices,
    ...billingApi({ get, change }),

    run: (action: string, input: Record<string, unknown>) =>
      change<ActionResult>('POST', `actions/${name(action)}`, input),
  };
}

export type Api = ReturnType<typeof createApi>;
