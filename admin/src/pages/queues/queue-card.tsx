import { useState } from 'react';
import { Link } from 'react-router';
import { useApi } from '../../api/context.ts';
import { useThroughput } from '../../api/queries.ts';
import { jobStates, type QueueState } from '../../api/types.ts';
import { useAct } from '../../api/use-act.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Button } from '../../parts/button.tsx';
import { Chart } from '../../parts/chart.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { type Fact, FactList } from '../../parts/fact-list.tsx';
import { count, span } from '../../parts/format.ts';
import { Icon } from '../../parts/icon.tsx';
import { Card } from '../../parts/page.tsx';
import { QueueSign } from '../../parts/status.tsx';

const minutes = 60;
const many = (value: number | null): string => (value === null ? '–' : count(value));
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

export function QueueCard({ queue }: { queue: QueueState }) {
  const { name, counts, oldestSeconds, processedPerMinute, failuresPerMinute, concurrency } = queue;
  const facts: readonly Fact[] = [
    ...jobStates.map((state): Fact => [
      capital(state),
      counts[state] === 0 ? (
        0
      ) : (
        <Link
          to={`/jobs?state=${state}&queue=${encodeURIComponent(name)}`}
          aria-label={`${count(counts[state])} ${state} jobs of ${name}`}
        >
          {count(counts[state])}
        </Link>
      ),
    ]),
    ['Oldest waits', oldestSeconds === null ? '–' : span(oldestSeconds)],
    ['Done a minute', count(processedPerMinute)],
    ['Failed a minute', count(failuresPerMinute)],
    ['At a time', count(concurrency)],
  ];
  return (
    <Card title={name} actions={<QueueSign queue={queue} />}>
      <FactList facts={facts} />
      <Throughput name={name} />
      <QueueButtons queue={queue} />
    </Card>
  );
}

function Throughput({ name }: { name: string }) {
  const { data, error } = useThroughput(name, minutes);
  if (data === undefined)
    return <p className="quiet small">{error ? 'The throughput cannot be read now.' : ' '}</p>;
  if (data.every(({ completed, failed }) => completed + failed === 0))
    return <p className="quiet small">Nothing was done in the last hour.</p>;
  return (
    <Chart
      small
      title={`Throughput of ${name}`}
      at={data.map(({ at }) => Date.parse(at) / 1_000)}
      show={many}
      series={[
        { title: 'Completed', ink: 'accent', values: data.map(({ completed }) => completed) },
        { title: 'Failed', ink: 'bad', values: data.map(({ failed }) => failed) },
      ]}
    />
  );
}

function QueueButtons({ queue: { name, paused, counts } }: { queue: QueueState }) {
  const api = useApi();
  const act = useAct();
  const [asking, setAsking] = useState<'pause' | 'redrive'>();
  const close = () => {
    setAsking(undefined);
  };
  return (
    <div className="row">
      {paused ? (
        <ActButton
          kind="primary"
          aria-label={`Resume ${name}`}
          act={() =>
            act({
              what: `Resume ${name}`,
              work: () => api.resume(name),
              done: () => `${name} goes on.`,
              changes: ['queues', 'overview'],
            })
          }
        >
          <Icon name="play" />
          Resume
        </ActButton>
      ) : (
        <Button
          aria-label={`Pause ${name}`}
          onClick={() => {
            setAsking('pause');
          }}
        >
          <Icon name="pause" />
          Pause
        </Button>
      )}
      {counts.dead > 0 && (
        <Button
          aria-label={`Redrive ${count(counts.dead)} dead jobs of ${name}`}
          onClick={() => {
            setAsking('redrive');
          }}
        >
          <Icon name="polling" />
          Redrive {count(counts.dead)} dead
        </Button>
      )}
      {asking === 'pause' && (
        <Confirm
          title={`Pause ${name}?`}
          label="Pause"
          onClose={close}
          act={() =>
            act({
              what: `Pause ${name}`,
              work: () => api.pause(name),
              done: () => `${name} is paused.`,
              quietly: true,
              changes: ['queues', 'overview'],
            })
          }
        >
          No process starts another of its jobs until it is resumed. Those under way finish, and new
          ones wait.
        </Confirm>
      )}
      {asking === 'redrive' && (
        <Confirm
          title={`Send the dead jobs of ${name} back?`}
          label="Redrive"
          onClose={close}
          act={() =>
            act({
              what: `Redrive ${name}`,
              work: () => api.redrive({ queue: name }),
              done: (sent) => `${count(sent)} went back to ${name}.`,
              quietly: true,
              changes: ['queues', 'jobs', 'overview'],
            })
          }
        >
          Each of the {count(counts.dead)} gets all of its attempts anew.
        </Confirm>
      )}
    </div>
  );
}
