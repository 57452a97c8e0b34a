import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { otherIntervalMs, useInterval } from '../live/live.tsx';
import type { PurchaseFilter } from './billing-types.ts';
import { useApi } from './context.ts';

export function useCustomers(search: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['billing', 'customers', search],
    queryFn: ({ signal }) => api.customers(search, signal),
    enabled: search !== '',
  });
}

export function useCustomer(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['billing', 'customer', id],
    queryFn: ({ signal }) => api.customer(id, signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function usePurchases(filter: PurchaseFilter) {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['billing', 'purchases', filter],
    queryFn: ({ pageParam, signal }) => api.purchases(filter, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function usePurchase(id: string) {
  const api = useApi();
  return useQuery({
    queryKey: ['billing', 'purchase', id],
    queryFn: ({ signal }) => api.purchase(id, signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useFraudSignals() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['billing', 'signals'],
    queryFn: ({ pageParam, signal }) => api.fraudSignals(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useReconciliations() {
  const api = useApi();
  return useQuery({
    queryKey: ['billing', 'reconciliations'],
    queryFn: ({ signal }) => api.reconciliations(signal),
    refetchInterval: useInterval(otherIntervalMs),
  });
}

export function useDrift() {
  const api = useApi();
  return useInfiniteQuery({
    queryKey: ['billing', 'drift'],
    queryFn: ({ pageParam, signal }) => api.drift(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next ?? undefined,
    refetchInterval: useInterval(otherIntervalMs),
  });
}
