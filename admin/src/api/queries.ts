import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { otherIntervalMs, queuesIntervalMs, useInterval } from '../live/live.tsx';
import { useApi } from './context.ts';
import type { JobFilter, LogFilter } from './types.ts';
import type { WebhookFilter } from './webhook-types.ts';

/** What the pages read. The first part of each key is the topic that the server tells changes of. */
export function useOverview(minutes: number) {
  const api = useApi();
  return useQuery({
    queryKey: ['overview', minutes],
    queryFn: ({ signal }) => api.overview(minutes, signal),
    refetchInterval: useInterval(otherIntervalMs),
    placeholderData: keepPreviousData,
  });
}

export function useQueues() {
  const api = useApi();
  return useQuery({
    queryKey: ['queues'],
    queryFn: ({ signal }) => api.queues(signal),
    refetchInterval: useInterval(queuesIntervalMs),
  });
}

export function useThroughput(queue: string, minutes: number) {
  const api = useApi();
  return useQuery({
    queryKey: ['queues', queue, 'throughput', minutes],
    queryFn: ({ signal }) => api.throughput(queue, minutes, signal),
    // A point a minute.
    refetchInterval: useInterval(15_000),
  });
}

export function useJobs(filter: JobFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['jobs', filter],
    queryFn: ({ pageParam, signal }) => api.jobs(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(queuesIntervalMs),
    placeholderData: keepPreviousData,
  });
}

export function useJob(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['jobs', 'one', id],
    queryFn: ({ signal }) => api.job(id, signal),
    refetchInterval: useInterval(queuesIntervalMs),
  });
}

export function useLogs(filter: LogFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['log-pages', filter],
    queryFn: ({ pageParam, signal }) =>
      api.logs(filter, pageParam === undefined ? {} : { before: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
  });
}

export function useWebhooks(filter: WebhookFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['webhooks', filter],
    queryFn: ({ pageParam, signal }) => api.webhooks(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(otherIntervalMs),
    placeholderData: keepPreviousData,
  });
}

export function useWebhook(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['webhooks', 'one', id],
    queryFn: ({ signal }) => api.webhook(id, signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

/** Pages that not every server has. It does not change while the server runs. */
export function usePages() {
  const api = useApi();
  return useQuery({
    queryKey: ['pages'],
    queryFn: ({ signal }) => api.pages(signal),
    staleTime: Infinity,
    refetchInterval: ({ state }) => (state.data === undefined ? otherIntervalMs : false),
  });
}

export function useProviders() {
  const api = useApi();
  return useQuery({
    queryKey: ['providers'],
    queryFn: ({ signal }) => api.providers(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useSandbox() {
  const api = useApi();
  return useQuery({
    queryKey: ['providers', 'sandbox'],
    queryFn: ({ signal }) => api.sandbox(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

/** What was sold there is known here once its webhooks came in, so they are its topic. */
export function useStores() {
  const api = useApi();
  return useQuery({
    queryKey: ['webhooks', 'stores'],
    queryFn: ({ signal }) => api.stores(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useFlags() {
  const api = useApi();
  return useQuery({
    queryKey: ['flags'],
    queryFn: ({ signal }) => api.flags(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useSessions() {
  const api = useApi();
  return useQuery({
    queryKey: ['sessions'],
    queryFn: ({ signal }) => api.sessions(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useAudit(action: string | undefined) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['audit', action],
    queryFn: ({ pageParam, signal }) => api.audit(action, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(otherIntervalMs),
    placeholderData: keepPreviousData,
  });
}

export function useActions() {
  const api = useApi();
  return useQuery({
    queryKey: ['actions'],
    queryFn: ({ signal }) => api.actions(signal),
    staleTime: 60_000,
  });
}

export function useChoices(action: string, field: string, chosen: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['actions', action, field, chosen],
    queryFn: ({ signal }) => api.choices(action, field, chosen, signal),
    enabled: chosen !== '',
    staleTime: 60_000,
  });
}
