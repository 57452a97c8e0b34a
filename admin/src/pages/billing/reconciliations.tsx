import { useState } from 'react';
import { useDrift, useReconciliations } from '../../api/billing.ts';
import { sellers, type Reconciliation } from '../../api/billing-types.ts';
import { useApi } from '../../api/context.ts';
import { useAct } from '../../api/use-act.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { count } from '../../parts/format.ts';
import { Older } from '../../parts/older.tsx';
import { Card } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { RunSign } from './signs.tsx';
import { DriftTable } from './tables.tsx';

/** What was compared with the providers, and what was found to be wrong. */
export function Reconciliations() {
  const runs = useReconciliations();
  const drift = useDrift();
  return (
    <>
      <Shown of={runs}>
        {(rows) => (
          <Card title="Last reconciliations" actions={<Start />} flush>
            {rows.length === 0 ? <Empty title="Nothing was compared yet." /> : <Runs rows={rows} />}
          </Card>
        )}
      </Shown>
      <Shown of={{ ...drift, data: drift.data?.pages.flatMap((page) => page.entries) }}>
        {(rows) => (
          <Card title="Drift" flush>
            {rows.length === 0 ? (
              <Empty title="No drift">
                Whenever what is stored was found to be other than what the provider says, it stands
                here.
              </Empty>
            ) : (
              <DriftTable rows={rows} />
            )}
            <Older of={drift} />
          </Card>
        )}
      </Shown>
    </>
  );
}

function Start() {
  const api = useApi();
  const act = useAct();
  const [chosen, setChosen] = useState('');
  return (
    <div className="row">
      <select
        className="fit"
        aria-label="Whom to compare with"
        value={chosen}
        onChange={(event) => {
          setChosen(event.target.value);
        }}
      >
        <option value="">All providers</option>
        {sellers.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <ActButton
        act={() =>
          act({
            what: 'Compare',
            work: () => api.reconcile(sellers.find((each) => each === chosen)),
            done: (runs) =>
              runs
                .map(({ run, isNew }) =>
                  isNew
                    ? `${run.provider ?? ''} is being compared.`
                    : `${run.provider ?? ''} is being compared already.`,
                )
                .join(' '),
            changes: ['billing'],
          })
        }
      >
        Compare now
      </ActButton>
    </div>
  );
}

function Runs({ rows }: { rows: readonly Reconciliation[] }) {
  return (
    <Table
      label="Reconciliations"
      rows={rows}
      keyOf={({ id }) => id}
      columns={[
        {
          title: 'What',
          kind: 'grow',
          cell: ({ provider, startedBy, errorCode }) => (
            <>
              {provider ?? 'One user'}
              <div className="quiet small">
                by {startedBy === 'schedule' ? 'the schedule' : 'an operator'}
                {errorCode !== null && `, ${errorCode}`}
              </div>
            </>
          ),
        },
        { title: 'Status', kind: 'tight', cell: ({ status }) => <RunSign status={status} /> },
        { title: 'Compared', kind: 'number', cell: ({ checked }) => count(checked) },
        { title: 'Corrected', kind: 'number', cell: ({ corrected }) => count(corrected) },
        { title: 'Found', kind: 'number', cell: ({ found }) => count(found) },
        { title: 'Unknown there', kind: 'number', cell: ({ unknown }) => count(unknown) },
        { title: 'Failed', kind: 'number', cell: ({ failed }) => count(failed) },
        { title: 'Begun', kind: 'tight', cell: ({ startedAt }) => <Ago at={startedAt} /> },
      ]}
    />
  );
}
