import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import type { Topic } from '../live/connection.ts';
import { useSay } from '../parts/toasts.tsx';

interface Act<T> {
  /** What is tried, for the message when it fails: `Pause emails`. */
  what: string;
  work: () => Promise<T>;
  /** What is said when it is done. */
  done: (result: T) => string;
  /** Whoever calls says by itself what went wrong, such as an open dialog. */
  quietly?: boolean;
  /** What changes by it, and is asked for anew. */
  changes: readonly Topic[];
}

/**
 * Does something to the server and says what came of it, in the words of its answer. Resolves once what is shown has been
 * fetched anew, and rejects with what went wrong after having said that too.
 */
export function useAct() {
  const queries = useQueryClient();
  const say = useSay();
  return useCallback(
    async <T>({ what, work, done, quietly = false, changes }: Act<T>): Promise<T> => {
      try {
        const result = await work();
        say.done(done(result));
        return result;
      } catch (error) {
        if (!quietly) say.failed(what, error);
        throw error;
      } finally {
        await Promise.all(
          [...changes, 'audit'].map((topic) => queries.invalidateQueries({ queryKey: [topic] })),
        );
      }
    },
    [queries, say],
  );
}
