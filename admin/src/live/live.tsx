import { useQueryClient } from '@tanstack/react-query';
import { createContext, use, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Supabase } from '../session/client.ts';
import { watch, type LiveState, type Topic } from './connection.ts';

/** Changes come in flocks; the page asks anew at most this often. */
const settleMs = 750;

const LiveContext = createContext<LiveState>('polling');

/** Has what is shown fetched anew when the server says that it changed. The first part of a query's key is its topic. */
export function Live(props: { apiUrl: string; supabase: Supabase; children: ReactNode }) {
  const { apiUrl, supabase, children } = props;
  const [state, setState] = useState<LiveState>('polling');
  const queries = useQueryClient();

  useEffect(() => {
    const changed = new Set<Topic>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      for (const topic of changed) void queries.invalidateQueries({ queryKey: [topic] });
      changed.clear();
    };
    const end = watch(apiUrl, supabase, {
      onState: setState,
      onChanged: (topics) => {
        for (const topic of topics) changed.add(topic);
        timer ??= setTimeout(flush, settleMs);
      },
    });
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [apiUrl, supabase, queries]);

  return <LiveContext value={state}>{children}</LiveContext>;
}

export const useLiveState = (): LiveState => use(LiveContext);

/** Counts that are summed up behind the work, and charts, go on without anybody telling of it. */
const whileLiveMs = 10_000;

/** Milliseconds between two questions: `whilePolling` without a socket, less often with one, which tells of changes. */
export function useInterval(whilePolling: number): number {
  const state = useLiveState();
  return useMemo(() => (state === 'live' ? whileLiveMs : whilePolling), [state, whilePolling]);
}

export const queuesIntervalMs = 4_000;
export const otherIntervalMs = 5_000;
