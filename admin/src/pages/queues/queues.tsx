import { useQueues } from '../../api/queries.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { Actions } from './actions.tsx';
import { QueueCard } from './queue-card.tsx';

/** Every queue: what waits, what it does, and what can be done to it. */
export function QueuesPage() {
  const queues = useQueues();
  return (
    <Page title="Queues">
      <Actions />
      <Shown of={queues}>
        {(all) =>
          all.length === 0 ? (
            <Card>
              <Empty title="There is no queue.">A module that declares a job brings one.</Empty>
            </Card>
          ) : (
            <div className="grid-2">
              {all.map((queue) => (
                <QueueCard key={queue.name} queue={queue} />
              ))}
            </div>
          )
        }
      </Shown>
    </Page>
  );
}
