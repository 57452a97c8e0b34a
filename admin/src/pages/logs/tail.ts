import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { useApi } from '../../api/context.ts';
import type { LogFilter, LogRow } from '../../api/types.ts';

/** More than anybody reads; the rest is found by searching. */
const most = 1_000;
const everyMs = 2_000;

/** What is logged after the line `since`, newest first, for as long as it is followed. */
export function useTail(
  filter: LogFilter,
  since: string | undefined,
  follow: boolean,
): readonly LogRow[] {
  const api = useApi();
  const [rows, setRows] = useState<readonly LogRow[]>([]);
  const after = rows[0]?.id ?? since;

  const { data } = useQuery({
    queryKey: ['logs', 'tail', filter],
    queryFn: async ({ signal }) => {
      // Without any line so far, all that there are by then are new.
      const page = await api.logs(filter, after === undefined ? {} : { after }, signal);
      return page.rows;
    },
    enabled: follow,
    refetchInterval: everyMs,
    gcTime: 0,
  });
  useEffect(() => {
    if (data === undefined || data.length === 0) return;
    setRows((now) => {
      const known = new Set(now.map(({ id }) => id));
      return [...data.filter(({ id }) => !known.has(id)), ...now].slice(0, most);
    });
  }, [data]);
  return rows;
}
