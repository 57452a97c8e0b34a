import { useState } from 'react';
import { Link, useParams } from 'react-router';
import { useJob } from '../../api/queries.ts';
import type { Job } from '../../api/types.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { Confirm } from '../../parts/dialog.tsx';
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
  return (
    <Card>
      <dl className="facts facts-wide">
        <div>
          <dt>State</dt>
          <dd>
            <JobSign state={job.state} />
          </dd>
        </div>
        <div>
          <dt>Queue</dt>
          <dd>
            <Link to={`/jobs?state=${job.state}&queue=${encodeURIComponent(job.queue)}`}>
              {job.queue}
            </Link>
          </dd>
        </div>
        <div>
          <dt>Attempts</dt>
          <dd>
            {job.attempts} of {job.maxAttempts}
          </dd>
        </div>
        <div>
          <dt>Enqueued</dt>
          <dd>
            <Ago at={job.createdAt} />
          </dd>
        </div>
        <div>
          <dt>{job.finishedAt === null ? 'Runs next' : 'Ended'}</dt>
          <dd>
            <Ago at={job.finishedAt ?? job.nextRunAt} />
          </dd>
        </div>
        <div>
          <dt>Priority</dt>
          <dd>{job.priority}</dd>
        </div>
        <div>
          <dt>Request</dt>
          <dd>
            {job.requestId === '' ? (
              '–'
            ) : (
              <Link className="mono" to={`/logs?requestId=${encodeURIComponent(job.requestId)}`}>
                {job.requestId}
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>Asked for by</dt>
          <dd className="mono">{job.callerId ?? 'the server'}</dd>
        </div>
        <div>
          <dt>Key</dt>
          <dd className="mono">{job.key ?? '–'}</dd>
        </div>
        <div>
          <dt>Id</dt>
          <dd className="mono">{job.id}</dd>
        </div>
      </dl>
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
