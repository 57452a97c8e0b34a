import { useState } from 'react';
import { useApi } from '../../api/context.ts';
import type { Job, JobFilter } from '../../api/types.ts';
import { useSay } from '../../parts/toasts.tsx';
import { ActButton } from '../../parts/act-button.tsx';
import { Button } from '../../parts/button.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { Icon } from '../../parts/icon.tsx';
import { SelectAll } from '../../parts/select-all.tsx';
import { discardable, discardMeans, retriable } from './filter.ts';
import { useJobActs } from './use-job-acts.ts';

interface JobBarProps {
  filter: JobFilter;
  rows: readonly Job[];
  chosen: readonly Job[];
  onSelect: (ids: ReadonlySet<string>) => void;
  /** Whether there are more than `rows`. */
  more: boolean;
}

/** Selecting many, and what can be done to those that are selected. */
export function JobBar({ filter, rows, chosen, onSelect, more }: JobBarProps) {
  const acts = useJobActs();
  const [asking, setAsking] = useState<'discard' | 'redrive-all'>();
  const ids = chosen.map(({ id }) => id);
  const none = ids.length === 0;
  const { state, queue, search } = filter;
  const close = () => {
    setAsking(undefined);
  };

  return (
    <div className="card-head spread">
      <SelectAll rows={rows} chosen={chosen} onSelect={onSelect} more={more} />
      <div className="row">
        {state === 'dead' && (
          <>
            <ActButton disabled={none} act={() => acts.redrive(ids)}>
              Redrive
            </ActButton>
            {search === undefined && (
              <Button
                disabled={rows.length === 0}
                onClick={() => {
                  setAsking('redrive-all');
                }}
              >
                Redrive all
              </Button>
            )}
          </>
        )}
        {retriable.includes(state) && (
          <ActButton disabled={none} act={() => acts.retry(ids)}>
            Retry now
          </ActButton>
        )}
        {discardable.includes(state) && (
          <Button
            kind="danger"
            disabled={none}
            onClick={() => {
              setAsking('discard');
            }}
          >
            Discard
          </Button>
        )}
      </div>
      {asking === 'discard' && (
        <Confirm
          danger
          title={ids.length === 1 ? 'Discard this job?' : `Discard ${ids.length} jobs?`}
          label="Discard"
          onClose={close}
          act={() => acts.discard(ids)}
        >
          {discardMeans}
        </Confirm>
      )}
      {asking === 'redrive-all' && (
        <Confirm
          title={queue === undefined ? 'Redrive all dead jobs?' : `Redrive all of ${queue}?`}
          label="Redrive all"
          onClose={close}
          act={() => acts.redriveAll(queue)}
        >
          Every dead job {queue === undefined ? '' : `of ${queue} `}goes back to its queue and gets
          all of its attempts anew.
        </Confirm>
      )}
    </div>
  );
}

/** The same filter as a table for a spreadsheet. */
export function ExportButton({ filter }: { filter: JobFilter }) {
  const api = useApi();
  const say = useSay();
  const save = async (): Promise<void> => {
    try {
      const url = URL.createObjectURL(await api.jobsCsv(filter));
      const link = document.createElement('a');
      link.href = url;
      link.download = `jobs-${filter.state}.csv`;
      link.click();
      // Only once the browser has taken it up.
      setTimeout(() => {
        URL.revokeObjectURL(url);
      }, 10_000);
    } catch (error) {
      say.failed('Export', error);
    }
  };
  return (
    <ActButton act={save}>
      <Icon name="download" />
      Export CSV
    </ActButton>
  );
}
