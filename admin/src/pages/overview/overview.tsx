import { useState } from 'react';
import { useOverview } from '../../api/queries.ts';
import type { Overview } from '../../api/types.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Segments } from '../../parts/segments.tsx';
import { Shown } from '../../parts/shown.tsx';
import { HealthSign, Status } from '../../parts/status.tsx';
import { Breakers, Errors, Processes, QueueSummary } from './lists.tsx';
import { OverviewCharts } from './charts.tsx';
import { Tiles } from './tiles.tsx';

const ranges = [
  ['30', '30 min'],
  ['180', '3 h'],
  ['1440', '24 h'],
] as const;

/** How the server is, at a glance. */
export function OverviewPage() {
  const [range, setRange] = useState<(typeof ranges)[number][0]>('30');
  const overview = useOverview(Number(range));
  return (
    <Page
      title="Overview"
      actions={<Segments label="Range" value={range} choices={ranges} onChange={setRange} />}
    >
      <Shown of={overview}>
        {(data) => (
          <>
            <Health overview={data} />
            <Tiles overview={data} />
            <OverviewCharts overview={data} />
            <div className="grid-2">
              <Breakers providers={data.providers} />
              <QueueSummary queues={data.queues} />
            </div>
            <Errors rows={data.recentErrors} />
            <Processes processes={data.processes} />
          </>
        )}
      </Shown>
    </Page>
  );
}

function Health({ overview: { health, version } }: { overview: Overview }) {
  return (
    <Card>
      <div className="spread">
        <HealthSign status={health.status} />
        <ul className="row" aria-label="Checks">
          {Object.entries(health.checks).map(([name, state]) => (
            <li key={name}>
              <Status tone={state === 'ok' ? 'good' : 'bad'}>
                {name} {state === 'ok' ? '' : 'fails'}
              </Status>
            </li>
          ))}
          <li className="quiet small">Version {version}</li>
        </ul>
      </div>
    </Card>
  );
}
