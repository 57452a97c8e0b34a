import type { Overview } from '../../api/types.ts';
import { Chart } from '../../parts/chart.tsx';
import { count, duration } from '../../parts/format.ts';
import { Card } from '../../parts/page.tsx';
import { Empty } from '../../parts/shown.tsx';
import { unreadable } from './lists.tsx';

const many = (value: number | null): string => (value === null ? '–' : count(value));

/** Throughput and latency, over all processes. */
export function OverviewCharts({ overview: { series, stepSeconds } }: { overview: Overview }) {
  const perMinute = (value: number): number => (value * 60) / stepSeconds;
  if (series === null) return <Card title="Traffic">{unreadable}</Card>;
  const at = series.map((point) => Date.parse(point.at) / 1_000);
  if (series.length < 2)
    return (
      <Card title="Traffic">
        <Empty title="Nothing measured yet">The first points come within a minute.</Empty>
      </Card>
    );
  return (
    <div className="grid-2">
      <Card title="Requests a minute">
        <Chart
          title="Requests a minute"
          at={at}
          show={many}
          series={[
            {
              title: 'All',
              ink: 'accent',
              values: series.map(({ requests }) => perMinute(requests)),
            },
            {
              title: 'Server errors',
              ink: 'bad',
              values: series.map(({ errors }) => perMinute(errors)),
            },
          ]}
        />
      </Card>
      <Card title="Latency">
        <Chart
          title="Latency"
          at={at}
          show={duration}
          series={[
            { title: 'p50', ink: 'accent', values: series.map(({ p50Ms }) => p50Ms) },
            { title: 'p95', ink: 'warn', values: series.map(({ p95Ms }) => p95Ms) },
            { title: 'p99', ink: 'quiet', values: series.map(({ p99Ms }) => p99Ms) },
          ]}
        />
      </Card>
    </div>
  );
}
