import { Link } from 'react-router';
import type { LogRow, Provider, QueueState, ServerProcess } from '../../api/types.ts';
import { count, duration, percent, span } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { Empty } from '../../parts/shown.tsx';
import { BreakerSign, LevelSign, QueueSign, Status } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { gist } from '../logs/gist.ts';

export const unreadable = (
  <Empty title="It cannot be read now.">The next attempt follows by itself.</Empty>
);

export function Breakers({ providers }: { providers: Provider[] | null }) {
  return (
    <Card title="Breakers" actions={<Link to="/providers">Providers</Link>} flush>
      {providers === null ? (
        unreadable
      ) : providers.length === 0 ? (
        <Empty title="No provider is configured." />
      ) : (
        <Table
          label="Breakers"
          rows={providers}
          keyOf={({ name }) => name}
          columns={[
            { title: 'Provider', kind: 'grow', cell: ({ name }) => name },
            {
              title: 'Breaker',
              kind: 'tight',
              cell: (each) => <BreakerSign state={each.breaker} />,
            },
            {
              title: 'Failures',
              kind: 'number',
              cell: ({ calls, failures }) => percent(failures, calls),
            },
            { title: 'p95', kind: 'number', cell: ({ latencyMs }) => duration(latencyMs?.p95) },
          ]}
        />
      )}
    </Card>
  );
}

export function QueueSummary({ queues }: { queues: QueueState[] | null }) {
  return (
    <Card title="Queues" actions={<Link to="/queues">Queues</Link>} flush>
      {queues === null ? (
        unreadable
      ) : queues.length === 0 ? (
        <Empty title="There is no queue." />
      ) : (
        <Table
          label="Queues"
          rows={queues}
          keyOf={({ name }) => name}
          columns={[
            { title: 'Queue', kind: 'grow', cell: ({ name }) => name },
            { title: 'State', kind: 'tight', cell: (queue) => <QueueSign queue={queue} /> },
            {
              title: 'Waiting',
              kind: 'number',
              cell: ({ counts }) => count(counts.queued + counts.retrying),
            },
            { title: 'Dead', kind: 'number', cell: ({ counts }) => count(counts.dead) },
          ]}
        />
      )}
    </Card>
  );
}

export function Errors({ rows }: { rows: LogRow[] | null }) {
  return (
    <Card title="Recent errors" actions={<Link to="/logs?level=error">Logs</Link>} flush>
      {rows === null ? (
        unreadable
      ) : rows.length === 0 ? (
        <Empty title="No errors of late." />
      ) : (
        <Table
          label="Recent errors"
          rows={rows}
          keyOf={({ id }) => id}
          columns={[
            { title: 'When', kind: 'tight', cell: ({ at }) => <Ago at={at} /> },
            { title: 'Level', kind: 'tight', cell: ({ level }) => <LevelSign level={level} /> },
            {
              title: 'Message',
              kind: 'grow',
              cell: ({ message, fields }) => (
                <span className="wrap">
                  {message} <span className="quiet">{gist(fields)}</span>
                </span>
              ),
            },
            {
              title: 'Request',
              kind: 'tight',
              cell: ({ requestId }) =>
                requestId === null ? (
                  '–'
                ) : (
                  <Link
                    to={`/logs?requestId=${encodeURIComponent(requestId)}`}
                    aria-label={`All lines of request ${requestId}`}
                  >
                    All lines
                  </Link>
                ),
            },
          ]}
        />
      )}
    </Card>
  );
}

export function Processes({ processes }: { processes: ServerProcess[] | null }) {
  return (
    <Card title="Processes" flush>
      {processes === null ? (
        unreadable
      ) : processes.length === 0 ? (
        <Empty title="None has reported yet.">Each does within half a minute.</Empty>
      ) : (
        <Table
          label="Processes"
          rows={processes}
          keyOf={({ id }) => id}
          columns={[
            { title: 'Host', kind: 'grow', cell: ({ host, pid }) => `${host}, process ${pid}` },
            { title: 'Role', kind: 'tight', cell: ({ role }) => role },
            {
              title: 'State',
              kind: 'tight',
              cell: ({ alive }) =>
                alive ? <Status tone="good">Alive</Status> : <Status tone="bad">Silent</Status>,
            },
            { title: 'Version', kind: 'tight', cell: ({ version }) => version },
            {
              title: 'Up for',
              kind: 'number',
              cell: ({ startedAt, seenAt }) =>
                span((Date.parse(seenAt) - Date.parse(startedAt)) / 1_000),
            },
            { title: 'Sockets', kind: 'number', cell: ({ sockets }) => count(sockets) },
          ]}
        />
      )}
    </Card>
  );
}
