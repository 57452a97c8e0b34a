import { Link, useParams } from 'react-router';
import { useWebhook } from '../../api/queries.ts';
import type { WebhookDetails } from '../../api/webhook-types.ts';
import { ActButton } from '../../parts/act-button.tsx';
import { Code } from '../../parts/code.tsx';
import { type Fact, FactList, Mono } from '../../parts/fact-list.tsx';
import { count, fullTime, short } from '../../parts/format.ts';
import { Card, Page } from '../../parts/page.tsx';
import { Shown } from '../../parts/shown.tsx';
import { JobSign, WebhookSign } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { useReplay } from './use-replay.ts';

/** One webhook, with all that is kept of it. */
export function WebhookPage() {
  const { id = '' } = useParams();
  const webhook = useWebhook(id);
  const replay = useReplay();
  return (
    <Page
      title={`Webhook ${short(id)}`}
      actions={
        webhook.data && (
          <ActButton kind="primary" act={() => replay.some([id])}>
            Replay
          </ActButton>
        )
      }
    >
      <Shown of={webhook}>
        {(data) => (
          <>
            <Facts details={data} />
            {data.webhook.error !== null && (
              <Card title="Error of the last attempt">
                <Code label="Error" value={data.webhook.error} />
              </Card>
            )}
            <Card title="What is kept of it">
              <Code label="What is kept" value={data.webhook.kept} />
            </Card>
          </>
        )}
      </Shown>
    </Page>
  );
}

function Facts({ details: { webhook, job } }: { details: WebhookDetails }) {
  const { provider, type, state, requestId } = webhook;
  const facts: readonly Fact[] = [
    ['State', <WebhookSign key="state" state={state} />],
    [
      'Provider',
      <Link key="provider" to={`/webhooks?provider=${encodeURIComponent(provider)}`}>
        {provider}
      </Link>,
    ],
    [
      'Type',
      <Link key="type" className="mono" to={`/webhooks?type=${encodeURIComponent(type)}`}>
        {type}
      </Link>,
    ],
    [
      'Job',
      job === null ? (
        '–'
      ) : (
        <span key="job" className="row">
          <Link className="mono" to={`/jobs/${job.id}`} aria-label={`Job ${short(job.id)}`}>
            {short(job.id)}
          </Link>
          <JobSign state={job.state} />
        </span>
      ),
    ],
    ['Happened', webhook.occurredAt === null ? '–' : fullTime(webhook.occurredAt)],
    ['Came', <Ago key="came" at={webhook.receivedAt} />],
    ['Processed', <Ago key="processed" at={webhook.processedAt} />],
    ['Attempts', count(webhook.attempts)],
    ['Duplicates', count(webhook.duplicates)],
    ['Replays', count(webhook.replays)],
    ['Event', <Mono key="event">{webhook.eventId}</Mono>, 'whole'],
    [
      'Request',
      <Link key="request" className="mono" to={`/logs?requestId=${encodeURIComponent(requestId)}`}>
        {requestId}
      </Link>,
      'whole',
    ],
  ];
  return (
    <Card>
      <FactList facts={facts} wide />
    </Card>
  );
}
