import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useJob } from '../../api/queries.ts';
import type { Job } from '../../api/types.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { Confirm } from '../../parts/dialog.tsx';
import { type Fact, FactList, Mono } from '../../parts/fact-list.tsx';
import { short } from '../../parts/format.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Empty, Shown } from '../../parts/shown.tsx';
import { JobSign } from '../../parts/status.tsx';
import { Table } from '../../parts/table.tsx';
import { Ago } from '../../parts/time.tsx';
import { discardable, discardMeans, retriable } from './filter.ts';
import { useJobActs } from './use-job-acts.ts';

/** One job, with all that is known of it. */
export function JobPage() {
  const { id = '' } = useParams();
  const job = useJob(id);
  return (
    <Page title={`Job ${short(id)}`} actions={job.data && <JobButtons job={job.data} />}>
      <Shown of={job}>
        {(data) => (
          <>
            <Facts job={data} />
            {data.error !== null && (
              <Card title="Error">
                <Code
                  label="Error"
                  value={[data.error.code ?? data.error.name, data.error.message].join('\n')}
                />
              </Card>
            )}
            <History job={data} />
            <Card title="Payload">
              <Code label="Payload" value={data.payload} />
            </Card>
          </>
        )}
      </Shown>
    </Page>
  );
}

function JobButtons({ job: { id, state } }: { job: Job }) {
  const acts = useJobActs();
  const [asking, setAsking] = useState(false);
  return (
    <>
      {state === 'dead' && (
        <ActButton kind="primary" act={() => acts.redrive([id])}>
          Redrive
        </ActButton>
      )}
      {retriable.includes(state) && (
        <ActButton kind="primary" act={() => acts.retry([id])}>
          Retry now
        </ActButton>
      )}
      {discardable.includes(state) && (
        <Button
          kind="danger"
          onClick={() => {
            setAsking(true);
          }}
        >
          Discard
        </Button>
      )}
      {asking && (
        <Confirm
          danger
          title="Discard this job?"
          label="Discard"
          onClose={() => {
            setAsking(false);
          }}
          act={() => acts.discard([id])}
        >
          {discardMeans}
        </Confirm>
      )}
    </>
  );
}

function Facts({ job }: { job: Job }) {
  const facts: readonly Fact[] = [
    ['State', <JobSign key="state" state={job.state} />],
    [
      'Queue',
      <Link key="queue" to={`/jobs?state=${job.state}&queue=${encodeURIComponent(job.queue)}`}>
        {job.queue}
      </Link>,
    ],
    ['Attempts', `${job.attempts} of ${job.maxAttempts}`],
    ['Enqueued', <Ago key="enqueued" at={job.createdAt} />],
    [
      job.finishedAt === null ? 'Runs next' : 'Ended',
      <Ago key="ended" at={job.finishedAt ?? job.nextRunAt} />,
    ],
    ['Priority', job.priority],
    [
      'Request',
      job.requestId === '' ? (
        '–'
      ) : (
        <Link
          key="request"
          className="mono"
          to={`/logs?requestId=${encodeURIComponent(job.requestId)}`}
        >
          {job.requestId}
        </Link>
      ),
    ],
    ['Asked for by', <Mono key="caller">{job.callerId ?? 'the server'}</Mono>],
    ['Key', <Mono key="key">{job.key ?? '–'}</Mono>],
    ['Id', <Mono key="id">{job.id}</Mono>],
  ];
  return (
    <Card>
      <FactList facts={facts} wide />
    </Card>
  );
}

function History({ job: { history } }: { job: Job }) {
  return (
    <Card title="Attempts that failed" flush>
      {history.length === 0 ? (
        <Empty title="None so far" />
      ) : (
        <Table
          label="Attempts that failed"
          rows={history}
          keyOf={({ attempt, at }) => `${attempt} ${at}`}
          columns={[
            { title: 'Attempt', kind: 'tight', cell: ({ attempt }) => attempt },
            { title: 'When', kind: 'tight', cell: ({ at }) => <Ago at={at} /> },
            {
              title: 'Error',
              kind: 'grow',
              cell: ({ error }) => <span className="wrap">{lineOf(error)}</span>,
            },
          ]}
        />
      )}
    </Card>
  );
}

/** An error as the queue has kept it: a text, or an object with a message. */
function lineOf(error: unknown): string {
  if (typeof error === 'string') return error;
  if (typeof error === 'object' && error !== null && 'message' in error) {
    const { message, code } = error as { message: unknown; code?: unknown };
    return [code, message].filter((part) => typeof part === 'string').join(': ');
  }
  return JSON.stringify(error);
}
