import { useState } from 'react';
import { Link } from 'react-router';
import { useAudit, usePages } from '../api/queries.ts';
import type { AuditEntry } from '../api/types.ts';
import { Code } from '../parts/code.tsx';
import { fullTime } from '../parts/format.ts';
import { Older } from '../parts/older.tsx';
import { Card, Page } from '../parts/page.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, Shown } from '../parts/shown.tsx';
import { Status } from '../parts/status.tsx';
import { Table } from '../parts/table.tsx';
import { Ago } from '../parts/time.tsx';

const kinds = [
  ['', 'All'],
  ['jobs', 'Jobs'],
  ['queues', 'Queues'],
  ['actions', 'Actions'],
  ['webhooks', 'Webhooks'],
  ['billing', 'Billing'],
  ['providers', 'Providers'],
  ['sandbox', 'Sandbox'],
  ['flags', 'Flags'],
  ['sessions', 'Sessions'],
] as const;
const notEverywhere: readonly string[] = ['webhooks', 'billing'];

/** Who did what to this server by the console or its API. */
export function AuditPage() {
  const [kind, setKind] = useState<(typeof kinds)[number][0]>('');
  const { data: has = [] } = usePages();
  const shown = kinds.filter(([each]) => !notEverywhere.includes(each) || has.includes(each));
  const audit = useAudit(kind === '' ? undefined : kind);
  const entries = audit.data?.pages.flatMap((page) => page.entries);
  return (
    <Page title="Audit">
      <div>
        <Segments label="What was done to" value={kind} choices={shown} onChange={setKind} />
      </div>
      <Shown of={{ ...audit, data: entries }}>
        {(rows) => (
          <Card flush>
            {rows.length === 0 ? (
              <Empty title="Nothing was done yet.">
                Every change by the console leaves an entry, who did it and what came of it.
              </Empty>
            ) : (
              <Entries rows={rows} />
            )}
            <Older of={audit} />
          </Card>
        )}
      </Shown>
    </Page>
  );
}

function Entries({ rows }: { rows: readonly AuditEntry[] }) {
  return (
    <Table
      label="Audit entries"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        { title: 'When', kind: 'tight', cell: ({ at }) => <Ago at={at} /> },
        {
          title: 'Who',
          kind: 'tight',
          cell: ({ actor }) => actor?.email ?? actor?.id ?? 'unknown',
        },
        {
          title: 'What',
          kind: 'grow',
          cell: (entry) => (
            <>
              <span className="mono">{entry.action}</span>{' '}
              <span className="wrap">{entry.target}</span>
              <More entry={entry} />
            </>
          ),
        },
        { title: 'Outcome', kind: 'tight', cell: (entry) => <Outcome entry={entry} /> },
      ]}
    />
  );
}

function Outcome({ entry: { outcome, errorCode } }: { entry: AuditEntry }) {
  if (outcome === 'succeeded') return <Status tone="good">Succeeded</Status>;
  if (outcome === 'failed') return <Status tone="bad">{errorCode ?? 'Failed'}</Status>;
  return <Status tone="warn">Unknown</Status>;
}

function More({ entry: { at, details, result, requestId } }: { entry: AuditEntry }) {
  return (
    <details className="more">
      <summary>Details</summary>
      <div className="stack">
        <p className="quiet small">
          {fullTime(at)}, request{' '}
          <Link className="mono" to={`/logs?requestId=${encodeURIComponent(requestId)}`}>
            {requestId}
          </Link>
        </p>
        <Code label="Details" value={{ details, result }} />
      </div>
    </details>
  );
}
