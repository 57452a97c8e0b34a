import { useMemo } from 'react';
import { useSearchParams } from 'react-router';
import { jobStates, type JobFilter, type JobState } from '../../api/types.ts';

/** The filter is in the address, so that it can be sent to a colleague and the way back leads to it. */
export function useJobFilter(): [JobFilter, (change: Partial<JobFilter>) => void] {
  const [params, setParams] = useSearchParams();
  const state = jobStates.find((each) => each === params.get('state')) ?? 'dead';
  const queue = params.get('queue') ?? undefined;
  const search = params.get('search') ?? undefined;
  const filter = useMemo(() => ({ state, queue, search }), [state, queue, search]);
  const change = (wanted: Partial<JobFilter>) => {
    const next = Object.entries({ ...filter, ...wanted }).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== '',
    );
    setParams(next, { replace: true });
  };
  return [filter, change];
}

export const stateChoices: readonly (readonly [JobState, string])[] = [
  ['dead', 'Dead'],
  ['failed', 'Failed'],
  ['retrying', 'Retrying'],
  ['queued', 'Queued'],
  ['active', 'Active'],
  ['completed', 'Completed'],
];

export const retriable: readonly JobState[] = ['failed', 'retrying'];
export const discardable: readonly JobState[] = ['dead', 'retrying', 'queued'];
export const discardMeans =
  'What is discarded counts as failed and is not done, unless somebody retries it.';
