import { Link } from 'react-router';
import type { Job } from '../../api/types.ts';
import { short } from '../../parts/format.ts';
import { pickColumn } from '../../parts/pick-column.tsx';
import { JobSign } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';

interface JobTableProps {
  rows: readonly Job[];
  selected: ReadonlySet<string>;
  onToggle: (job: Job) => void;
}

export function JobTable({ rows, selected, onToggle }: JobTableProps) {
  return (
    <Table
      label="Jobs"
      rows={rows}
      keyOf={({ id }) => id}
      selected={selected}
      columns={[
        pickColumn({ selected, onToggle, nameOf: ({ id }) => `job ${short(id)}` }),
        {
          title: 'Job',
          kind: 'tight',
          cell: ({ id, queue }) => (
            <>
              <Link to={`/jobs/${id}`} className="mono" aria-label={`Job ${short(id)} of ${queue}`}>
                {short(id)}
              </Link>
              <div className="quiet small">{queue}</div>
            </>
          ),
        },
        { title: 'State', kind: 'tight', cell: ({ state }) => <JobSign state={state} /> },
        {
          title: 'Error',
          kind: 'grow',
          cell: ({ error }) =>
            error === null ? (
              <span className="quiet">–</span>
            ) : (
              <>
                <div className="wrap">{error.message || error.name}</div>
                <div className="quiet small">{error.code ?? error.name}</div>
              </>
            ),
        },
        {
          title: 'Attempts',
          kind: 'number',
          cell: ({ attempts, maxAttempts }) => `${attempts} of ${maxAttempts}`,
        },
        {
          title: 'When',
          kind: 'tight',
          cell: ({ finishedAt, nextRunAt, startedAt, createdAt }) => (
            <Ago at={finishedAt ?? nextRunAt ?? startedAt ?? createdAt} />
          ),
        },
      ]}
    />
  );
}
