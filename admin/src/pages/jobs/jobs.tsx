import { useEffect, useState, type SubmitEvent } from 'react';
import { useJobs, useQueues } from '../../api/queries.ts';
import type { JobFilter } from '../../api/types.ts';
import { Button } from '../../parts/button.tsx';
import { Field } from '../../parts/field.tsx';
import { Older } from '../../parts/older.tsx';
import { Card, Page } from '../../parts/page.tsx';
import { toggled } from '../../parts/select-all.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { stateChoices, useJobFilter } from './filter.ts';
import { ExportButton, JobBar } from './job-bar.tsx';
import { JobTable } from './job-table.tsx';

/** Jobs of one state; what is dead first, because somebody has to decide about it. */
export function JobsPage() {
  const [filter, setFilter] = useJobFilter();
  const jobs = useJobs(filter);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  useEffect(() => {
    setSelected(new Set());
  }, [filter]);

  const all = jobs.data?.pages.flatMap((page) => page.jobs);
  // What has left the list is not selected any more.
  const chosen = all?.filter(({ id }) => selected.has(id)) ?? [];

  return (
    <Page title="Jobs" actions={<ExportButton filter={filter} />}>
      <JobFilters filter={filter} onChange={setFilter} />
      <Shown of={{ ...jobs, data: all }}>
        {(rows) => (
          <Card flush>
            <JobBar
              filter={filter}
              rows={rows}
              chosen={chosen}
              onSelect={setSelected}
              more={jobs.hasNextPage}
            />
            {rows.length === 0 ? (
              <NoJobs filter={filter} />
            ) : (
              <JobTable
                rows={rows}
                selected={new Set(chosen.map(({ id }) => id))}
                onToggle={(job) => {
                  setSelected(toggled(selected, job.id));
                }}
              />
            )}
            <Older of={jobs} />
          </Card>
        )}
      </Shown>
    </Page>
  );
}

function NoJobs({ filter: { state, queue, search } }: { filter: JobFilter }) {
  if (search !== undefined || queue !== undefined)
    return <Empty title={`No ${state} job is like that.`}>Another filter may find some.</Empty>;
  return (
    <Empty title={`No ${state} jobs`}>
      {state === 'dead' && 'Every job has been done, or still has attempts left.'}
    </Empty>
  );
}

interface FiltersProps {
  filter: JobFilter;
  onChange: (change: Partial<JobFilter>) => void;
}

function JobFilters({ filter, onChange }: FiltersProps) {
  const queues = useQueues();
  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const search = new FormData(event.currentTarget).get('search');
    onChange({ search: typeof search === 'string' ? search.trim() : '' });
  };
  return (
    <div className="stack">
      <div>
        <Segments
          label="State"
          value={filter.state}
          choices={stateChoices}
          onChange={(state) => {
            onChange({ state });
          }}
        />
      </div>
      <form className="filters" role="search" onSubmit={onSubmit}>
        <Field label="Queue">
          <select
            value={filter.queue ?? ''}
            onChange={(event) => {
              onChange({ queue: event.target.value });
            }}
          >
            <option value="">All queues</option>
            {queues.data?.map(({ name }) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </Field>
        <Field label="Text in the error or the payload">
          <input key={filter.search} name="search" type="search" defaultValue={filter.search} />
        </Field>
        <Button type="submit">Search</Button>
      </form>
    </div>
  );
}
